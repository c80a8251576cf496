import type { CallOrigin, HarnessTask } from '../../domain/call-origin.ts';
import type { StepSize } from '../../domain/forecast.ts';
import type { ModelId } from '../../domain/ids.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { StepKind } from '../../domain/step.ts';

/** What a harness's question is, for routing: it is one call, and nothing follows from it. */
const TASKS: Readonly<Record<Exclude<HarnessTask, 'sub-agent'>, { readonly kind: StepKind; readonly tokens: number }>> =
  {
    title: { kind: 'summarize', tokens: 30 },
    topic: { kind: 'other', tokens: 30 },
    compaction: { kind: 'summarize', tokens: 3000 },
    'safety-check': { kind: 'review', tokens: 150 },
    probe: { kind: 'other', tokens: 1 },
    digest: { kind: 'summarize', tokens: 150 },
  };

const NO_SIZE = {
  callCount: 1,
  newTokensPerCall: 0,
  handoffTokens: 0,
  isolateTokens: 0,
  resultTokens: 0,
  instructionTokens: 0,
} as const;

/** Kind and size of a harness's question; `undefined`: the call is work. */
export function harnessQuestion(origin: CallOrigin): { readonly kind: StepKind; readonly size: StepSize } | undefined {
  if (origin.by !== 'harness' || origin.task === 'sub-agent') return undefined;
  const { kind, tokens } = TASKS[origin.task];
  const size = { ...NO_SIZE, outputTokensPerCall: tokens };
  return { kind, size };
}

const VENDOR_OF_WIRE: Readonly<Record<Wire, string>> = {
  'anthropic-messages': 'anthropic',
  'openai-chat': 'openai',
  'openai-responses': 'openai',
};

/**
 * Who may take a call, beyond what the policy says. One that asks its vendor to check the commands it answers with stays with that
 * vendor, where it can. So does a harness's own safety check of commands, which goes to nobody weaker than the model that it watches. A compaction goes to nobody weaker than the model whose work it sums up:
 * everything later hangs on it. Anything else
 * may go anywhere.
 */
export function poolForHarness(
  origin: CallOrigin,
  pool: readonly Model[],
  of: { readonly wire: Wire; readonly incumbent: ModelId | undefined; readonly asksForChecks: boolean },
): readonly Model[] {
  const task = origin.by === 'harness' ? origin.task : undefined;
  const staysHome = of.asksForChecks || task === 'safety-check';
  const own = staysHome ? pool.filter((model) => model.vendor === VENDOR_OF_WIRE[of.wire]) : pool;
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
