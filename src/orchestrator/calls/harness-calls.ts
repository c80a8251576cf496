import type { CallResult } from '../../domain/call.ts';
import type { CallId } from '../../domain/ids.ts';
import { ZERO_USD } from '../../domain/money.ts';
import type { BegunCall } from '../../hands/hands.ts';
import { accountOf, settlementOf } from '../../money/ledger.ts';
import type { CallRecord } from '../../recorder/record.ts';
import type { JobRun } from '../model/job-run.ts';
import type { AgentTask } from './attempt-task.ts';

/** The calls of a harness, as calls of the step that it carries out. */
export interface HarnessCalls {
  readonly begin: (call: BegunCall) => Promise<void>;
  readonly add: (call: CallRecord) => void;
  readonly count: () => number;
  /** Every call that was seen is in the journal; of one that nobody reported the bill is unknown. @throws PointsmanError `record-unwritable` */
  readonly settled: () => Promise<void>;
}

/** The harness's calls become calls of the step: in the journal, the records, the bill and the ledger of the job. */
export function openHarnessCalls(run: JobRun, task: AgentTask): HarnessCalls {
  const of = { stepId: task.step.stepId, attempt: task.attempt };
  const before = run.calls
    .entries()
    .filter((entry) => entry.stepId === of.stepId && entry.attempt === of.attempt).length;
  let count = 0;
  const underWay: (BegunCall & { readonly callId: Promise<CallId> })[] = [];
  const pending: Promise<void>[] = [];
  const begin = (call: BegunCall): Promise<CallId> => {
    const callId = beginCall(run, task, call, before + count);
    count += 1;
    return callId;
  };
  return {
    begin: async (call) => {
      const callId = begin(call);
      underWay.push({ ...call, callId });
      await callId;
    },
    add: (call) => {
      const at = underWay.findIndex(({ startedAt }) => startedAt === call.startedAt);
      const begun = at === -1 ? undefined : underWay.splice(at, 1)[0];
      const kept = keepCall(run, task, call, begun?.callId ?? begin(asBegun(call)));
      // Whoever waits for all of them is told.
      kept.catch(() => undefined);
      pending.push(kept);
    },
    count: () => before + count,
    settled: async () => {
      await Promise.all(pending);
      for (const { callId } of underWay.splice(0)) await loseCall(run, await callId);
    },
  };
}

/** One that nobody announced, such as one that was refused before anything was set aside for it. */
function asBegun(call: CallRecord): BegunCall {
  const nanoUsd = call.billNanoUsd ?? call.mayHaveBilledNanoUsd ?? ZERO_USD;
  return { startedAt: call.startedAt, expectedNanoUsd: nanoUsd, worstNanoUsd: nanoUsd };
}

async function beginCall(run: JobRun, task: AgentTask, call: BegunCall, callIndex: number): Promise<CallId> {
  const { entry, calls } = run;
  const { step, attempt, model, opening } = task;
  const callId = await calls.begin(
    {
      jobId: entry.jobId,
      stepId: step.stepId,
      attempt,
      callIndex,
      kind: step.kind,
      mode: opening.mode,
      thread: `${step.stepId}/${attempt}`,
      trigger: 'tool-result',
      model: model.id,
      endpoint: model.endpoint,
      startedAt: call.startedAt,
      expectedPromptTokens: 0,
      chain: { hashes: [], tokens: [] },
      purpose: 'harness',
      expectedBillNanoUsd: call.expectedNanoUsd,
    },
    call.expectedNanoUsd,
  );
  await holdForJob(run, task, callId, call);
  return callId;
}

async function keepCall(run: JobRun, task: AgentTask, call: CallRecord, begun: Promise<CallId>): Promise<void> {
  const { entry, calls, services } = run;
  const callId = await begun;
  const { gateway: _ofGateway, purpose: _ofCall, ...own } = call;
  const record = services.redactor.record<CallRecord>({
    ...own,
    callId,
    jobId: entry.jobId,
    sessionId: entry.sessionId,
    stepId: task.step.stepId,
    attempt: task.attempt,
  });
  const base = {
    at: call.startedAt + call.durationMs,
    durationMs: call.durationMs,
    usage: call.usage,
    billNanoUsd: call.billNanoUsd,
    record,
  };
  await calls.end(
    callId,
    call.errorCode === undefined
      ? { ...base, kind: 'answered', result: resultOf(call) }
      : { ...base, kind: 'failed', code: call.errorCode, message: call.errorCode },
  );
  services.recorder.writeCall(record);
  const settlement = settlementOf(call);
  const id = holdId(run, callId);
  if (settlement === undefined) services.ledger.release(id);
  else services.ledger.settle(id, settlement);
}

/** It was under way when its harness was ended. */
async function loseCall(run: JobRun, callId: CallId): Promise<void> {
  run.services.ledger.settle(holdId(run, callId), { kind: 'unknown', atLeastNanoUsd: ZERO_USD });
}

/** What the harness saw stays in its own transcript; the journal keeps the bill. */
function resultOf(call: CallRecord): CallResult {
  return {
    message: { role: 'assistant', content: [] },
    finishReason: call.finishReason ?? 'other',
    usage: call.usage,
    servedModel: call.servedModel,
    endpoint: call.endpoint,
    requestId: call.requestId,
    ttftMs: call.ttftMs ?? 0,
    durationMs: call.durationMs,
  };
}

function holdId({ entry }: JobRun, callId: CallId): string {
  return `${entry.jobId}/${callId}`;
}

/** Set aside before it goes out; no limit keeps it from being counted. */
async function holdForJob(run: JobRun, { step }: AgentTask, callId: CallId, call: BegunCall): Promise<void> {
  const { ledger } = run.services;
  const { jobId } = run.entry;
  const accounts = [
    accountOf('job', jobId),
    ...(run.policy.budget.stepNanoUsd === undefined ? [] : [accountOf('step', `${jobId}/${step.stepId}`)]),
  ];
  const charges = accounts.map((account) => ({ account, limits: {} }));
  const { expectedNanoUsd, worstNanoUsd, startedAt: at } = call;
  await ledger.reserve({ id: holdId(run, callId), charges, expectedNanoUsd, worstNanoUsd, at });
}
