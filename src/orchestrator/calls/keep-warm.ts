import { keepAlivePlan, nextPingAt, type KeepAlivePlan } from '../../warmth/keep-alive.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';
import { pingPrefix } from './call-step.ts';

/**
 * Waits for `work` and, where the policy wants it, keeps the prefix of a transcript warm meanwhile: pings just inside the
 * time to live, up to the ski-rental bound. Pings end with the work, which they never hold up, and a ping that fails is the
 * last.
 */
export async function whileKeepingWarm<Value>(run: JobRun, thread: string, work: () => Promise<Value>): Promise<Value> {
  const call = run.latestCalls.get(thread);
  const plan = run.policy.keepAlive && call !== undefined ? keepAlivePlan(call.model) : undefined;
  if (call === undefined || plan === undefined) return work();
  const done = new AbortController();
  const pinging = ping(run, { call, plan, signal: AbortSignal.any([run.signal, done.signal]) });
  // Heard when the work is done; until then nobody else listens.
  pinging.catch(() => undefined);
  try {
    return await work();
  } finally {
    done.abort();
    await pinging;
  }
}

async function ping(
  run: JobRun,
  of: { readonly call: StepCall; readonly plan: KeepAlivePlan; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, wait } = run.services;
  const used = run.calls.answered(of.call);
  // What was written for an hour outlives the wait, and what has already gone cold is not bought back.
  if (used === undefined || used.longWrite === true) return;
  let lastUsedAt = used.startedAt;
  for (let pingCount = 0; ; pingCount += 1) {
    const dueAt = nextPingAt(of.plan, { lastUsedAt, pingCount });
    if (dueAt === undefined || dueAt < clock()) return;
    await wait(dueAt - clock(), of.signal);
    if (of.signal.aborted || !(await pingPrefix(run, of.call, of.signal))) return;
    lastUsedAt = clock();
  }
}
