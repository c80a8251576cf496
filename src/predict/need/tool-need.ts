import type { NeedPart, StepNeed } from '../../domain/need.ts';

/** What a tool's name tells of it: whose it is, and what it leaves behind. */
export interface ToolTraits {
  /** Of a tool server, lower case. `undefined`: the harness's own, or nobody's that can be seen. */
  readonly server: string | undefined;
  /** `reads` what stands there, `writes` what can be mended, or does what nobody takes back (`final`): sent, paid, deployed, dropped. */
  readonly effect: 'reads' | 'writes' | 'final';
}

const OF_A_SERVER = /^(?:mcp__)?([\p{L}\p{N}-]+(?:_[\p{L}\p{N}-]+)*?)(?:__|[.:])(.+)$/u;
const FINAL =
  /(?:^|[_.-])(?:delete|drop|destroy|purge|truncate|wipe|revoke|pay|charge|refund|transfer|send|mail|publish|deploy|release|merge|shutdown|terminate|rotate)(?=$|[_.-])/u;
const WRITES =
  /(?:^|[_.-])(?:write|create|update|edit|insert|upsert|add|set|put|patch|post|push|commit|move|rename|remove|upload|import|apply|execute|run|replace|close|assign|comment|schedule|book|fill|click|type|submit)(?=$|[_.-])/u;
/** A name that begins so only looks, whatever it looks at (`get_release`, `list_merge_requests`), unless it goes on to do more. */
const ONLY_READS =
  /^(?:get|list|read|search|find|fetch|show|describe|view|count|query|retrieve|preview|inspect|lookup)(?=$|[_.-])(?!.*[_.-](?:and|or|then)[_.-])/u;

/** Traits by name alone; a name without a verb that is known reads. */
export function toolTraits(name: string): ToolTraits {
  const found = OF_A_SERVER.exec(name);
  const verb = (found?.[2] ?? name).replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1_$2').toLowerCase();
  const effect = ONLY_READS.test(verb) ? 'reads' : FINAL.test(verb) ? 'final' : WRITES.test(verb) ? 'writes' : 'reads';
  return { server: found?.[1]?.toLowerCase(), effect };
}

/**
 * How much more often agents succeed at tasks with a server's tools than at all such tasks, on the logit scale: all models of a public benchmark
 * of five services together (MCPMark v2, 3,861 runs, read 2026-11). A server that nobody measured is as all are.
 */
const SERVER_LOGITS: Readonly<Record<string, number>> = {
  postgres: 0.59,
  notion: 0,
  filesystem: -0.15,
  github: -0.24,
  playwright: -0.26,
};

/** How much likelier what a tool leaves behind makes each of the stakes. Assumed. */
const EFFECT_RATIOS: Readonly<Record<ToolTraits['effect'], readonly [number, number, number]>> = {
  reads: [1, 1, 1],
  writes: [0.7, 1.1, 1.2],
  final: [0.3, 1, 2.5],
};
const EFFECTS = ['reads', 'writes', 'final'] as const;

/**
 * A need with what its required tools tell: a step is as hard as its servers' tasks are, and as grave as the gravest of its tools makes it.
 * What was declared stays; a step that needs no tools, or only tools that read at servers like any other, is as it was read. Pure.
 */
export function withTools(need: StepNeed, toolNames: readonly string[]): StepNeed {
  const traits = toolNames.map(toolTraits);
  const logits = traits.flatMap(({ server }) => (server === undefined ? [] : (SERVER_LOGITS[server] ?? [])));
  const hardest = logits.length === 0 ? 0 : Math.min(...logits);
  const effect = EFFECTS.findLast((one) => traits.some((tool) => tool.effect === one)) ?? 'reads';
  if (hardest === 0 && effect === 'reads') return need;
  const difficulty = weighed(
    need.difficulty,
    [-2, -1, 0, 1, 2].map((steps) => Math.exp((-hardest * steps) / 2)),
  );
  const stakes = weighed(need.stakes, EFFECT_RATIOS[effect]);
  if (difficulty === need.difficulty && stakes === need.stakes) return need;
  return { ...need, difficulty, stakes, grounds: [...need.grounds, 'tools'] };
}

/** A part whose values were made likelier by these, unless somebody declared it. */
function weighed(part: NeedPart, by: readonly number[]): NeedPart {
  if (part.source === 'declared' || by.every((one) => one === 1)) return part;
  const ratios = part.ratios.map((ratio, value) => ratio * (by[value] ?? 1));
  const sum = ratios.reduce((total, ratio) => total + ratio, 0);
  return { ...part, ratios: ratios.map((ratio) => ratio / sum) };
}
