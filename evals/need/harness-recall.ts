import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { originOfCall } from '../../src/gateway/sessions/origin-of-call.ts';
import { sessionKeyOf } from '../../src/gateway/sessions/session-key.ts';
import { plainBrief } from '../../src/wires/shared/body-facts.ts';

/** A call that a real harness made, texts cut; see `fixtures/harness-calls/SOURCE.md`. */
interface RecordedCall {
  readonly client: string;
  /** `work` and `person` are nobody's but a person's and the agent's; anything else is the harness's task. */
  readonly expects: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What harnesses declare about a call. Without it the shape must tell, as with versions and settings that say nothing. */
const DECLARING =
  /^(?:x-claude-code-(?:request-class|compaction|context-compacted|prompt-id|agent-type)|x-codex-turn-metadata|x-openai-subagent)$/u;

const FIXTURE = path.resolve(import.meta.dirname, '../../fixtures/harness-calls/recorded.jsonl');

function recordedCalls(): readonly RecordedCall[] {
  const lines = readFileSync(FIXTURE, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordedCall);
}

export interface ReadCall {
  readonly call: RecordedCall;
  readonly isDeclared: boolean;
  /** `work`, or the harness's task. */
  readonly readAs: string;
}

/** Each recorded call as the gateway reads it, in order, once as it was sent and once without what its harness declares. */
export function readRecorded(): readonly ReadCall[] {
  return [true, false].flatMap((isDeclared) => {
    const working = new Set<string>();
    return recordedCalls().map((call): ReadCall => {
      const headers = Object.fromEntries(
        Object.entries(call.headers).filter(([name]) => isDeclared || !DECLARING.test(name)),
      );
      const { body } = call;
      const items = (body['messages'] ?? body['input'] ?? []) as readonly unknown[];
      const key = sessionKeyOf(headers, body);
      const session = key === undefined ? '' : `${key.session}/${key.thread ?? ''}`;
      const origin = originOfCall({ items, headers, body, brief: plainBrief(body) }, working.has(session));
      if ((body['tools'] as readonly unknown[]).length > 0 && session !== '') working.add(session);
      return { call, isDeclared, readAs: origin.by === 'harness' ? origin.task : 'work' };
    });
  });
}

/** How many of a harness's own calls are known as such, and how many of a person's or agent's are taken for one. */
export function harnessFigures(): Figures {
  const read = readRecorded();
  const own = read.filter(({ call }) => isHarness(call));
  const others = read.filter(({ call }) => !isHarness(call));
  const known = own.filter(({ readAs }) => readAs !== 'work');
  const named = own.filter(({ call, readAs }) => readAs === call.expects);
  const taken = others.filter(({ readAs }) => readAs !== 'work');
  return {
    'need.harness.recall.pct': percent(known.length, own.length),
    'need.harness.task.pct': percent(named.length, own.length),
    'need.harness.false.pct': percent(taken.length, others.length),
  };
}

function isHarness({ expects }: RecordedCall): boolean {
  return expects !== 'work' && expects !== 'person';
}

function percent(part: number, whole: number): Figure {
  return { value: whole === 0 ? 0 : (100 * part) / whole, unit: 'pct', n: whole, label: 'measured' };
}
