import { asId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { nanoFromUsd, type NanoUsd } from '../../domain/money.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import { DEFAULT_ASSUMPTIONS, type Assumptions } from '../../replay/simulation/assumptions.ts';
import { buildWorkload } from '../../replay/simulation/build-workload.ts';
import type { RecordedModels } from '../../replay/simulation/recorded-models.ts';
import type { Workload } from '../../replay/simulation/workload.ts';
import { buildThread } from '../../sessions/build-thread.ts';
import type { DroppedRows, PrefixRelation, SessionTrace } from '../../sessions/session-trace.ts';
import { userSaid, type ThreadEvent } from '../../sessions/thread-event.ts';

/** For tests: one call of a made-up session. A call with `kind` starts a step of that kind. */
export interface CallSketch {
  readonly model: string;
  readonly prompt: number;
  /** Part of the prompt that was read; the rest but one token was written. */
  readonly read?: number;
  readonly output?: number;
  /** Pause before it, in milliseconds. Default 10 s. */
  readonly gapMs?: number;
  readonly byUser?: boolean;
  /** Length of what the person said before it. Default: two words. */
  readonly saidChars?: number;
  readonly kind?: StepKind;
  readonly change?: Exclude<PrefixRelation, 'first' | 'appended' | 'shrunk'>;
}

const START_AT = Date.UTC(2026, 10, 2, 12);

export const NOTHING_DROPPED: DroppedRows = {
  malformedCount: 0,
  oversizedCount: 0,
  unknownTypes: {},
  duplicateCallCount: 0,
  syntheticCallCount: 0,
  summedCallCount: 0,
};

export function aTrace(calls: readonly CallSketch[], sessionId = 's1'): SessionTrace {
  const events: ThreadEvent[] = [];
  let at = START_AT;
  let step = 0;
  let kind: StepKind = 'code';
  for (const [index, call] of calls.entries()) {
    at += call.gapMs ?? 10_000;
    if (call.kind !== undefined) {
      kind = call.kind;
      step += 1;
    }
    if (call.byUser ?? index === 0) {
      events.push(userSaid(at, call.saidChars === undefined ? 'go on' : 'x'.repeat(call.saidChars), 1));
    }
    if (call.change !== undefined) events.push({ type: 'prefix-change', relation: call.change });
    const read = call.read ?? 0;
    events.push({
      type: 'call',
      callId: `${sessionId}-${index}`,
      at,
      requestedModel: call.model,
      usage: {
        uncachedTokens: 1,
        cacheReadTokens: read,
        cacheWriteTokens: call.prompt - read - 1,
        cacheWrite1hTokens: undefined,
        outputTokens: call.output ?? 300,
        reasoningTokens: undefined,
      },
      finish: 'tool-calls',
      textCharCount: 0,
      blockCount: 1,
      toolCalls: [],
      stepKind: kind,
      stepId: `step-${step}`,
    });
  }
  return {
    v: 1,
    client: 'neutral',
    clientVersion: undefined,
    sessionId: asId(sessionId),
    branchedFrom: undefined,
    sources: [],
    threads: [buildThread({ threadId: 'main' }, events)],
    dropped: NOTHING_DROPPED,
  };
}

/** Knows exactly these models. */
function recordedModelsOf(models: readonly Model[]): RecordedModels {
  const find: RecordedModels['find'] = (name) => {
    const model = models.find((candidate) => candidate.id === name);
    return model && { model, basis: 'catalogue' };
  };
  return { find, ofCall: (call) => find(call.requestedModel, call.at) };
}

export interface WorkloadSketch {
  readonly calls: readonly CallSketch[];
  readonly pool: readonly Model[];
  /** P(success) by model id and kind; 0.9 where it says nothing. */
  readonly success?: (model: string, kind: StepKind) => number;
  readonly failureUsd?: number;
  readonly assumptions?: Partial<Assumptions>;
}

export function aWorkload(sketch: WorkloadSketch): Workload {
  const session = aTrace(sketch.calls);
  const thread = session.threads[0];
  const failure = nanoFromUsd(sketch.failureUsd ?? 0.5);
  const work =
    thread &&
    buildWorkload({
      session,
      thread,
      pool: sketch.pool,
      recorded: recordedModelsOf(sketch.pool),
      assumptions: { ...DEFAULT_ASSUMPTIONS, ...sketch.assumptions },
      failureNanoUsd: Object.fromEntries(STEP_KINDS.map((kind) => [kind, failure])) as Record<StepKind, NanoUsd>,
      success: (step, models) => models.map((model) => sketch.success?.(model.id, step.kind) ?? 0.9),
    });
  if (work === undefined) throw new TypeError('A sketch without a priced call');
  return work;
}
