import { randomUUID } from 'node:crypto';
import type { MakeReadingCall, ReadingCall, ReadingContext } from '../../decisions/ask-model.ts';
import { answerOf, readingMaker, type EndedReading } from '../../decisions/make-reading.ts';
import type { StepId } from '../../domain/ids.ts';
import type { StepKind } from '../../domain/step.ts';
import type { At } from '../../domain/time.ts';
import { accountOf, settlementOf } from '../../money/ledger.ts';
import type { RiskReading } from '../../predict/risk-reader.ts';
import { EMPTY_CHAIN } from '../../warmth/prefix-chain.ts';
import type { CallEntry } from '../model/job-journal.ts';
import { budgetNanoUsd, leftNanoUsd } from '../model/job-money.ts';
import type { JobRun } from '../model/job-run.ts';
import { toCallEnd } from './call-end.ts';

/** A thread of its own: what is asked there keeps no transcript warm. */
const THREAD = 'reader';

/** A step of a job whose need a model may be asked for. */
export interface ReadStep {
  readonly stepId: StepId;
  readonly kind: StepKind;
}

/** How a model may be asked what a job's step needs; paid from the job's budget, and journaled with its calls. */
export function jobReading(run: JobRun, step: ReadStep, { risk }: RiskReading): ReadingContext | undefined {
  const { policy, services, entry } = run;
  if (policy.reader === undefined) return undefined;
  return {
    scope: entry.jobId,
    policy,
    models: services.pool,
    risk,
    leftNanoUsd: leftNanoUsd(run),
    now: services.clock(),
    make: readOnce(run, step),
  };
}

/** What a job that starts over was told before, it is not told again; nor is a question put again that nobody answered. */
function readOnce(run: JobRun, step: ReadStep): MakeReadingCall {
  return async (call) => {
    const known = run.calls.entries().find((entry) => entry.purpose === 'reader' && entry.stepId === step.stepId);
    if (known?.end?.kind === 'answered') return answerOf({ kind: 'finished', result: known.end.result });
    if (known !== undefined) return undefined;
    return makeCall(run, step)({ ...call, signal: AbortSignal.any([call.signal, run.signal]) });
  };
}

function makeCall(run: JobRun, step: ReadStep): MakeReadingCall {
  const { services, entry, calls } = run;
  let hold = '';
  return readingMaker({
    callModel: services.callModel,
    now: services.clock,
    begin: async (call, startedAt) => {
      const reserved = await reserve(run, call, startedAt);
      if (reserved === undefined) return undefined;
      hold = reserved;
      const callId = await calls
        .begin(toEntry(run, step, call, startedAt), call.expectedNanoUsd)
        .catch((error: unknown) => {
          services.ledger.release(hold);
          throw error;
        });
      return { callId, jobId: entry.jobId, sessionId: entry.sessionId, stepId: step.stepId };
    },
    end: (ended) => endCall(run, hold, ended),
  });
}

/** `undefined`: others hold what is left, or nothing is. */
async function reserve(run: JobRun, call: ReadingCall, at: At): Promise<string | undefined> {
  const { jobId } = run.entry;
  const id = `${jobId}/${randomUUID()}`;
  const answer = await run.services.ledger.reserve({
    id,
    charges: [{ account: accountOf('job', jobId), limits: { total: budgetNanoUsd(run) } }],
    expectedNanoUsd: call.expectedNanoUsd,
    worstNanoUsd: call.worstNanoUsd,
    at,
  });
  return answer.kind === 'reserved' ? id : undefined;
}

function toEntry(run: JobRun, step: ReadStep, call: ReadingCall, startedAt: At): Omit<CallEntry, 'callId' | 'end'> {
  return {
    jobId: run.entry.jobId,
    stepId: step.stepId,
    attempt: 0,
    callIndex: 0,
    kind: step.kind,
    mode: 'isolate',
    thread: THREAD,
    trigger: 'user',
    model: call.model.id,
    endpoint: call.model.endpoint,
    startedAt,
    expectedPromptTokens: 0,
    chain: EMPTY_CHAIN,
    purpose: 'reader',
    expectedBillNanoUsd: call.expectedNanoUsd,
  };
}

async function endCall(run: JobRun, hold: string, { record: plain, outcome }: EndedReading): Promise<void> {
  const { ledger, redactor, recorder, clock } = run.services;
  const { billNanoUsd, usage, durationMs, callId } = plain;
  const settlement = settlementOf(plain);
  if (settlement === undefined) ledger.release(hold);
  else ledger.settle(hold, settlement);
  const record = redactor.record(plain);
  const about = { at: clock(), durationMs, usage, billNanoUsd, record };
  await run.calls.end(callId, toCallEnd({ redactor }, outcome, about));
  recorder.writeCall(record);
}
