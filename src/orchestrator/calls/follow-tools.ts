import { canonicalJson } from '../../domain/json.ts';
import { formatUsd, type NanoUsd } from '../../domain/money.ts';
import type { ToolCallPart } from '../../domain/transcript.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { rewriteNanoUsd } from '../../warmth/keep-alive.ts';
import { warmthAt } from '../../warmth/warmth-at.ts';
import { stepTools } from '../context/step-plan.ts';
import { cacheEffort, warmthQuery } from '../model/call-log.ts';
import type { JobRun } from '../model/job-run.ts';
import type { AgentTask } from './attempt-task.ts';
import type { AttemptTranscript } from './attempt-transcript.ts';

/** Each time the prompt is sent anew: a server that changes its list at every call costs no more than these. */
const MAX_REWRITES = 3;

/** The tools of an attempt whose servers may change them while it is at work. */
export interface FollowedTools {
  readonly allowed: () => ReadonlySet<string>;
  /** The attempt works with the servers of these. */
  readonly called: (parts: readonly ToolCallPart[]) => void;
  /**
   * Offers what has come, or has another form now, from the next call on, if the attempt may use it. Tools stand before everything else, so that another
   * list is another prompt to every cache: a `warm` one is given up for what a server adds or changes that the attempt has called, and a
   * few times at most; where it was `rewritten` anyway everything is taken up. What is gone stays in the list until then, and is told of
   * when it is called.
   */
  readonly takeUp: (prompt: 'warm' | 'rewritten') => void;
}

export function followTools(run: JobRun, task: AgentTask, transcript: AttemptTranscript): FollowedTools {
  const offersAll = transcript.tools().length === run.tools.tools.length;
  const servers = new Set<string>();
  const takenUp = new Set<string>();
  let seen = run.tools.tools;
  let rewrites = 0;

  const added = (): readonly RegisteredTool[] => {
    const mayUse = usable(run, task);
    const offered = new Set(transcript.tools().map(({ name }) => name));
    return run.tools.tools.filter((tool) => !offered.has(tool.spec.name) && mayUse(tool));
  };
  const changed = (): readonly RegisteredTool[] => {
    const offered = new Map(transcript.tools().map((spec) => [spec.name, canonicalJson(spec)]));
    const mayUse = usable(run, task);
    return run.tools.tools
      .filter(({ spec }) => {
        const known = offered.get(spec.name);
        return known !== undefined && known !== canonicalJson(spec);
      })
      .filter(mayUse);
  };
  return {
    allowed: () => new Set([...task.allowedTools, ...takenUp]),
    called: (parts) => {
      for (const { toolName } of parts) {
        const server = run.tools.tools.find(({ spec }) => spec.name === toolName)?.server;
        if (server !== undefined) servers.add(server);
      }
    },
    takeUp: (prompt) => {
      // The same list stays the same one.
      if (run.tools.tools === seen && prompt === 'warm') return;
      const [come, others] = [added(), changed()];
      const fresh = [...come, ...others];
      const isFree = prompt === 'rewritten';
      const isWanted = rewrites < MAX_REWRITES && fresh.some(({ server }) => servers.has(server));
      if (!(isFree ? fresh.length > 0 || hasGone(run, transcript) : isWanted)) return;
      seen = run.tools.tools;
      for (const { spec } of come) takenUp.add(spec.name);
      if (fresh.length > 0)
        note(run, task, { come, changed: others, isFree, moreNanoUsd: lostWarmth(run, task, transcript) });
      if (!isFree) rewrites += 1;
      const kept = new Set([...transcript.tools().map(({ name }) => name), ...takenUp]);
      const offered = run.tools.tools.filter(({ spec }) => offersAll || kept.has(spec.name));
      transcript.offer(offered.map(({ spec }) => spec));
    },
  };
}

/** As the agent's file and the plan have it: who may use one tool of a server by the plan may use what that server adds. */
function usable(run: JobRun, { step }: AgentTask): (tool: RegisteredTool) => boolean {
  const own = new Set(stepTools(run, step));
  const required = new Set(
    run.tools.tools.filter(({ spec }) => step.requiredTools.includes(spec.name)).map(({ server }) => server),
  );
  return (tool) => own.has(tool) || (tool.own === undefined && required.has(tool.server));
}

/** Something stands in the list that no server has any more. */
function hasGone(run: JobRun, transcript: AttemptTranscript): boolean {
  const there = new Set(namesOf(run.tools.tools));
  return transcript.tools().some(({ name }) => !there.has(name));
}

/** What the next call bills more than if its prompt were the one that is held warm. */
function lostWarmth(run: JobRun, { model, opening }: AgentTask, transcript: AttemptTranscript): NanoUsd {
  const at = run.services.clock();
  const { chain } = transcript.prompt();
  const query = warmthQuery(at, 'tool-result', opening.thread, cacheEffort(model, transcript.messages()));
  const heldTokens = warmthAt(run.calls.ledger(), [model], { ...query, chain })[0]?.warmTokens ?? 0;
  return rewriteNanoUsd(model, { heldTokens, promptTokens: heldTokens }, at);
}

interface TakenUp {
  readonly come: readonly RegisteredTool[];
  readonly changed: readonly RegisteredTool[];
  readonly isFree: boolean;
  readonly moreNanoUsd: NanoUsd;
}

function note(run: JobRun, { step }: AgentTask, { come, changed, isFree, moreNanoUsd }: TakenUp): void {
  const price = isFree ? '' : ` Its prompt is sent anew, which bills about ${formatUsd(moreNanoUsd)} more.`;
  const said = [
    ...(come.length === 0 ? [] : [`may now use ${namesOf(come).join(', ')}, which a tool server has added`]),
    ...(changed.length === 0 ? [] : [`is told that a tool server has changed ${namesOf(changed).join(', ')}`]),
  ];
  run.emit({ type: 'note', text: `Step "${step.title}" ${said.join(', and ')}.${price}` });
}

function namesOf(tools: readonly RegisteredTool[]): readonly string[] {
  return tools.map(({ spec }) => spec.name);
}
