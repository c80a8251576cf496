import { sumNanoUsd, toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import {
  keepAlivePlan,
  nextPingAt,
  pingNanoUsd,
  PING_OUTPUT_TOKENS,
  type HeldPrompt,
  type KeepAlivePlan,
} from '../../warmth/keep-alive.ts';
import { isWithinPingBound, pausePlan, PING_OVERHEAD_RATIO } from '../../warmth/pause-plan.ts';
import { returnHazard } from '../../warmth/return-hazard.ts';
import { shippedReturns } from '../../warmth/shipped-returns.ts';
import type { CallEntry } from '../model/job-journal.ts';
import { mayHaveBilledOf, spentOf } from '../model/job-money.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';
import { pingPrefix } from './call-step.ts';

/**
 * Waits for `work` and, where the policy wants it, keeps the prefix of a transcript warm meanwhile: pings just inside the
 * time to live, inside the policy's bound. A tool comes back, so that its prefix is kept up to the ski-rental bound; a
 * person may not, so that theirs is kept as long as a return is likely enough. Pings end with the work, which they never
 * hold up, and a ping that fails is the last.
 */
export async function whileKeepingWarm<Value>(
  run: JobRun,
  thread: string,
  work: () => Promise<Value>,
  waitFor: 'tool' | 'person' = 'tool',
): Promise<Value> {
  const call = run.latestCalls.get(thread);
  const used = run.policy.keepAlive && call !== undefined ? run.calls.answered(call) : undefined;
  const held = heldBy(used?.end?.usage);
  if (call === undefined || used === undefined || held === undefined) return work();
  const plan = waitFor === 'tool' ? keepAlivePlan(call.model) : personPlan(run, call, held);
  if (plan === undefined) return work();
  const done = new AbortController();
  const pinging = ping(run, { call, used, held, plan, signal: AbortSignal.any([run.signal, done.signal]) });
  // Heard when the work is done; until then nobody else listens.
  pinging.catch(() => undefined);
  try {
    return await work();
  } finally {
    done.abort();
    await pinging;
  }
}

function heldBy(usage: Usage | undefined): HeldPrompt | undefined {
  if (usage === undefined) return undefined;
  const heldTokens = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  return { heldTokens, promptTokens: promptTokens(usage) };
}

function personPlan(run: JobRun, { model }: StepCall, held: HeldPrompt): KeepAlivePlan | undefined {
  const callCount = run.calls.entries().length;
  const context = { waitFor: 'person', hasPaused: false, callCount, promptTokens: held.promptTokens } as const;
  const hazard = returnHazard(shippedReturns(), context);
  return pausePlan(model, held, { hazard, outputTokens: PING_OUTPUT_TOKENS, at: run.services.clock() });
}

async function ping(
  run: JobRun,
  of: {
    readonly call: StepCall;
    readonly used: CallEntry;
    readonly held: HeldPrompt;
    readonly plan: KeepAlivePlan;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { clock, wait } = run.services;
  // What was written for an hour outlives the wait, and what has already gone cold is not bought back.
  if (of.used.longWrite === true) return;
  let lastUsedAt = of.used.startedAt;
  for (let pingCount = 0; ; pingCount += 1) {
    const dueAt = nextPingAt(of.plan, { lastUsedAt, pingCount });
    if (dueAt === undefined || dueAt < clock()) return;
    await wait(dueAt - clock(), of.signal);
    if (of.signal.aborted || !(await pingWithinBound(run, of.call, of.held, of.signal))) return;
    lastUsedAt = clock();
  }
}

/**
 * Pings of a job that were let go and have not ended. Threads of parallel steps fall due at one moment, and none is in the
 * journal before its money is set aside.
 */
const underWay = new WeakMap<JobRun['calls'], NanoUsd>();

/** One more ping, if the bound allows it beside those of other threads. `false`: no other follows. */
async function pingWithinBound(run: JobRun, call: StepCall, held: HeldPrompt, signal: AbortSignal): Promise<boolean> {
  const next = pingNanoUsd(call.model, held, PING_OUTPUT_TOKENS, run.services.clock());
  if (!isWithinBound(run, next)) return false;
  const add = (nanoUsd: number): void =>
    void underWay.set(run.calls, toNanoUsd((underWay.get(run.calls) ?? ZERO_USD) + nanoUsd));
  add(next);
  try {
    return await pingPrefix(run, call, signal);
  } finally {
    add(ZERO_USD - next);
  }
}

/** What pings have saved a job is not counted: the bound is kept whatever comes of them. */
function isWithinBound(run: JobRun, next: NanoUsd): boolean {
  const pings = run.calls.entries().filter(({ purpose }) => purpose === 'keep-alive');
  const known = spentOf(pings);
  const ended = sumNanoUsd(pings.flatMap((ping) => (ping.end === undefined ? [] : (mayHaveBilledOf(ping) ?? []))));
  const begun = sumNanoUsd(pings.flatMap((ping) => (ping.end === undefined ? (ping.expectedBillNanoUsd ?? []) : [])));
  const unknown = ended + Math.max(begun, underWay.get(run.calls) ?? 0);
  const account = {
    spentNanoUsd: toNanoUsd(run.calls.spentNanoUsd() + unknown),
    pingedNanoUsd: toNanoUsd(known + unknown),
    savedNanoUsd: ZERO_USD,
  };
  return isWithinPingBound(account, next, run.policy.pingOverheadRatio ?? PING_OVERHEAD_RATIO);
}
