import type { CallOrigin, HarnessTask } from '../../domain/call.ts';
import type { StepSize } from '../../domain/forecast.ts';
import type { ModelId } from '../../domain/ids.ts';
import type { Model, Wire } from '../../domain/model.ts';
import { declaredPart, type Difficulty, type Stakes, type StepNeed } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';

type Question = Exclude<HarnessTask, 'sub-agent'>;

/**
 * What a harness's question needs: it is one call, and nothing follows from it. A title is anybody's; a compaction is the rest of
 * the job; a check of commands stands between a mistake and the user's files.
 */
const TASKS: Readonly<Record<Question, readonly [StepKind, Difficulty, Stakes, Tokens]>> = {
  title: ['summarize', 1, 1, 30],
  topic: ['other', 1, 1, 30],
  compaction: ['summarize', 2, 2, 3000],
  'safety-check': ['review', 3, 3, 150],
  probe: ['other', 1, 1, 1],
  digest: ['summarize', 1, 1, 150],
};

const NO_SIZE = {
  callCount: 1,
  newTokensPerCall: 0,
  handoffTokens: 0,
  isolateTokens: 0,
  resultTokens: 0,
  instructionTokens: 0,
} as const;

export interface HarnessQuestion {
  readonly need: StepNeed;
  readonly kind: StepKind;
  readonly size: StepSize;
}

/** What a harness's question needs; `undefined`: the call is work. */
export function harnessQuestion(origin: CallOrigin): HarnessQuestion | undefined {
  if (origin.by !== 'harness' || origin.task === 'sub-agent') return undefined;
  const [kind, difficulty, stakes, outputTokensPerCall] = TASKS[origin.task];
  const need: StepNeed = {
    v: 1,
    kind: declaredPart('kind', kind),
    size: declaredPart('size', 'one'),
    difficulty: declaredPart('difficulty', difficulty),
    stakes: declaredPart('stakes', stakes),
    origin: origin.task,
    grounds: ['task'],
  };
  return { need, kind, size: { ...NO_SIZE, outputTokensPerCall } };
}

/**
 * Who may take a call, beyond what the policy says. One that asks its vendor to check the commands it answers with stays with that
 * vendor, where it can. So does a harness's own check of commands, which goes to nobody weaker than the model that it watches. A
 * compaction goes to nobody weaker than the model whose work it sums up: everything later hangs on it. The rest may go anywhere.
 */
export function poolForHarness(
  origin: CallOrigin,
  pool: readonly Model[],
  of: { readonly wire: Wire; readonly incumbent: ModelId | undefined; readonly asksForChecks: boolean },
): readonly Model[] {
  const task = origin.by === 'harness' ? origin.task : undefined;
  const staysHome = of.asksForChecks || task === 'safety-check';
  const own = staysHome ? pool.filter((model) => model.vendor === WIRE_FORMATS[of.wire].vendor) : pool;
  const choice = own.length > 0 ? own : pool;
  if (task !== 'safety-check' && task !== 'compaction') return choice;
  const watched = pool.find((model) => model.id === of.incumbent);
  const able = choice.filter((model) => model.id === watched?.id || isAsAble(model, watched));
  if (able.length > 0) return able;
  const ablest = Math.max(...choice.map((model) => model.abilityIndex ?? 0));
  return choice.filter((model) => (model.abilityIndex ?? 0) === ablest);
}

/** Ability that nobody has measured is not enough. */
function isAsAble(model: Model, watched: Model | undefined): boolean {
  return watched === undefined || (model.abilityIndex ?? 0) >= (watched.abilityIndex ?? Number.POSITIVE_INFINITY);
}
