import type { Cause } from '../../src/autopsy/suspicion.ts';
import { asId, type CallId, type DecisionId, type ModelId, type SessionId, type StepId } from '../../src/domain/ids.ts';
import { toNanoUsd } from '../../src/domain/money.ts';
import type { CallRecord, OutcomeRecord } from '../../src/recorder/record.ts';
import { createDraw, type Draw } from '../trust/draw.ts';

/** What can go wrong in a harness's session. `luck`: a step went wrong, and nothing that is recorded says why. */
const FAULTS = [
  'weak-model',
  'named-too-weak',
  'compaction',
  'cut-answer',
  'lost-thinking',
  'provider-down',
  'weaker-fallback',
  'declined',
  'flaky-judge',
  'caller-left',
  'budget',
  'luck',
] as const;
type SessionFault = (typeof FAULTS)[number];

const CAUSES: Readonly<Record<SessionFault, Cause | undefined>> = {
  'weak-model': 'model',
  'named-too-weak': 'model',
  compaction: 'context',
  'cut-answer': 'context',
  'lost-thinking': 'hand-off',
  'provider-down': 'provider',
  'weaker-fallback': 'provider',
  declined: 'model',
  'flaky-judge': 'check',
  'caller-left': 'stopped',
  budget: 'stopped',
  luck: undefined,
};

/** A session as a gateway records it, and what was planted. */
export interface PlantedSession {
  readonly id: string;
  readonly fault: SessionFault;
  /** `undefined`: nothing tells. */
  readonly truth: { readonly stepId: string; readonly cause: Cause } | undefined;
  readonly calls: readonly CallRecord[];
  /** Beliefs of each decision, as its step record has them. */
  readonly beliefs: ReadonlyMap<DecisionId, readonly { readonly model: ModelId; readonly successRatio: number }[]>;
  readonly outcomes: readonly OutcomeRecord[];
}

/** In turn, each with its own draw. Same seed, same sessions. */
export function plantSessions(count: number, seed: number): readonly PlantedSession[] {
  return Array.from({ length: count }, (_, at) => {
    const fault = FAULTS[at % FAULTS.length] ?? 'luck';
    return plant(`session-${seed}-${at}`, fault, createDraw(seed * 1000 + at));
  });
}

const MODELS = ['frontier', 'middle', 'small'].map((id) => asId<ModelId>(id));
const [FRONTIER, MIDDLE, SMALL] = MODELS as [ModelId, ModelId, ModelId];

/** What a call has that others have not; it is spoiled in place. */
type Over = { -readonly [Key in keyof CallRecord]?: CallRecord[Key] };

interface Step {
  readonly stepId: string;
  readonly model: ModelId;
  calls: Over[];
  believed: readonly { readonly model: ModelId; readonly successRatio: number }[];
  verdicts: OutcomeRecord['verdict'][];
}

function plant(id: string, fault: SessionFault, draw: Draw): PlantedSession {
  const steps = Array.from({ length: 5 + draw.below(8) }, (_, at): Step => healthyStep(at, draw));
  const at = 2 + draw.below(steps.length - 3);
  redHerrings(steps, at, draw);
  const culprit = spoil(steps, { at, fault, draw });
  const cause = CAUSES[fault];
  return {
    id,
    fault,
    truth: cause === undefined ? undefined : { stepId: culprit.stepId, cause },
    ...recordsOf(id, steps, draw),
  };
}

function healthyStep(at: number, draw: Draw): Step {
  const model = draw.oneOf([FRONTIER, MIDDLE, MIDDLE]);
  return {
    stepId: `step-${at}`,
    model,
    calls: Array.from({ length: 1 + draw.below(6) }, () => ({})),
    believed: [
      { model: FRONTIER, successRatio: 0.8 },
      { model: MIDDLE, successRatio: 0.77 },
      { model: SMALL, successRatio: 0.5 },
    ],
    verdicts: draw.below(3) === 0 ? ['good_fit'] : [],
  };
}

/** What looks bad and did no harm: a host that another took over as well, an answer that was cut and went well, a switch that lost nothing. */
function redHerrings(steps: readonly Step[], culprit: number, draw: Draw): void {
  for (const [at, step] of steps.entries()) {
    if (at === culprit) continue;
    const [first] = step.calls;
    if (first === undefined) continue;
    const what = draw.below(8);
    if (what === 0) first.gateway = fallback(FRONTIER, false);
    if (what === 1) first.retryCount = 2;
    if (what === 2 && at !== steps.length - 1)
      Object.assign(first, { errorCode: 'provider-rate-limited', usage: undefined, finishReason: undefined });
    if (what === 2 && at !== steps.length - 1) step.calls.push({});
  }
}

function spoil(
  steps: Step[],
  { at, fault, draw }: { readonly at: number; readonly fault: SessionFault; readonly draw: Draw },
): Step {
  const step = steps[at] ?? steps[0];
  if (step === undefined) throw new RangeError('A session has steps');
  const last = (): Step => steps.at(-1) ?? step;
  const first = step.calls[0] ?? {};
  switch (fault) {
    case 'weak-model':
      return replace(steps, at, { ...step, model: SMALL, verdicts: ['underpowered'] });
    case 'named-too-weak':
      return replace(steps, at, { ...step, model: SMALL, verdicts: ['failed'] });
    case 'compaction': {
      step.verdicts = ['failed'];
      first.usage = promptOf(4000 + draw.below(3000));
      return step;
    }
    case 'cut-answer': {
      step.verdicts = ['failed'];
      (step.calls.at(-1) ?? first).finishReason = 'length';
      return step;
    }
    case 'lost-thinking': {
      const before = steps[at - 1]?.model;
      const model = before === FRONTIER ? MIDDLE : FRONTIER;
      first.gateway = { ...fallback(FRONTIER, false), fallbackFrom: [], strippedThinkingCount: 1 + draw.below(4) };
      return replace(steps, at, { ...step, model, verdicts: ['failed'] });
    }
    case 'weaker-fallback': {
      first.gateway = fallback(FRONTIER, true);
      return replace(steps, at, { ...step, model: MIDDLE, verdicts: ['failed'] });
    }
    case 'declined': {
      step.verdicts = ['failed'];
      first.finishReason = draw.oneOf(['refusal', 'content-filter'] as const);
      return step;
    }
    case 'flaky-judge':
      step.verdicts = ['good_fit', 'failed'];
      return step;
    case 'provider-down':
    case 'caller-left':
    case 'budget': {
      const errorCode =
        fault === 'budget'
          ? 'budget-exhausted'
          : fault === 'caller-left'
            ? 'aborted'
            : draw.oneOf(['provider-unavailable', 'provider-timeout', 'provider-auth'] as const);
      last().calls.push({ errorCode, usage: undefined, finishReason: undefined });
      return last();
    }
    case 'luck':
      step.verdicts = ['failed'];
      return step;
  }
}

function replace(steps: Step[], at: number, step: Step): Step {
  steps[at] = step;
  return step;
}

function fallback(from: ModelId, isWeaker: boolean): NonNullable<CallRecord['gateway']> {
  return {
    askedFor: 'auto',
    wire: 'anthropic-messages',
    decisionId: asId<DecisionId>('set later'),
    losses: [],
    strippedThinkingCount: 0,
    fallbackFrom: [{ model: from, why: 'provider-unavailable' }],
    weakerThanDecided: isWeaker,
  };
}

function promptOf(tokens: number): NonNullable<CallRecord['usage']> {
  return {
    uncachedTokens: 500,
    cacheReadTokens: tokens - 500,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    reasoningTokens: 0,
    outputTokens: 300,
  };
}

function recordsOf(
  id: string,
  steps: readonly Step[],
  draw: Draw,
): Pick<PlantedSession, 'calls' | 'beliefs' | 'outcomes'> {
  const calls: CallRecord[] = [];
  const outcomes: OutcomeRecord[] = [];
  const beliefs = new Map<DecisionId, Step['believed']>();
  let [at, tokens] = [1_790_000_000_000, 15_000];
  for (const step of steps) {
    const decisionId = asId<DecisionId>(`${id}/${step.stepId}`);
    beliefs.set(decisionId, step.believed);
    for (const over of step.calls) {
      at += 20_000;
      tokens =
        over.usage === undefined
          ? tokens + 300 + draw.below(900)
          : over.usage.uncachedTokens + (over.usage.cacheReadTokens ?? 0);
      calls.push({
        v: 1,
        callId: asId<CallId>(`${id}-${calls.length}`),
        jobId: undefined,
        sessionId: asId<SessionId>(id),
        stepId: asId<StepId>(step.stepId),
        attempt: 0,
        requestedModel: step.model,
        servedModel: step.model,
        endpoint: asId('anthropic'),
        mode: 'continue',
        startedAt: at,
        durationMs: 2000,
        ttftMs: 500,
        usage: promptOf(tokens),
        billNanoUsd: toNanoUsd(1_000_000),
        predictedBillNanoUsd: undefined,
        predictedCacheReadTokens: undefined,
        finishReason: 'tool-calls',
        errorCode: undefined,
        requestId: undefined,
        retryCount: 0,
        ...over,
        gateway: { ...(over.gateway ?? { ...fallback(step.model, false), fallbackFrom: [] }), decisionId },
      });
    }
    for (const [by, verdict] of step.verdicts.entries())
      outcomes.push({
        v: 1,
        decisionId,
        at: at + by,
        verdict,
        reward: undefined,
        truth: undefined,
        note: undefined,
        principal: `judge-${by}`,
      });
  }
  return { calls, outcomes, beliefs };
}
