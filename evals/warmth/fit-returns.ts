import { MINUTE_MS, type Ms } from '../../src/domain/time.ts';
import { promptTokens } from '../../src/domain/usage.ts';
import { rounded } from '../../src/learn/training/rounded.ts';
import type { CallTrace, SessionTrace, ThreadTrace } from '../../src/sessions/session-trace.ts';
import { contextKeys, observeReturn, type OwnReturns } from '../../src/warmth/return-hazard.ts';
import { RETURN_EDGES_MS, type PauseContext, type ReturnTable, type WaitFor } from '../../src/warmth/returns.ts';

/** Longer pauses than the shortest time to live of vendors whose reads renew (2026-11) are the ones that cost. */
const LATE_MS: Ms = 5 * MINUTE_MS;

/** One recorded pause: when the next call of the thread came, if it did, and what of the prefix it kept. */
export interface RecordedPause {
  readonly context: PauseContext;
  /** `undefined`: the thread's last call. The end of a recording counts as the end of the session. */
  readonly gapMs: Ms | undefined;
  readonly keptRatio: number;
  /** What the thread had seen by then. */
  readonly own: OwnReturns;
}

/** All pauses of a session, thread by thread; calls without a time are left out. */
export function pausesOf(session: SessionTrace): readonly RecordedPause[] {
  return session.threads.flatMap((thread) => pausesOfThread(thread));
}

/** [calls] of a thread, in order. */
export function pausesOfThread(thread: ThreadTrace): readonly RecordedPause[] {
  const pauses: RecordedPause[] = [];
  let own: OwnReturns = {};
  for (const [index, call] of thread.calls.entries()) {
    const next = thread.calls[index + 1];
    if (call.at === undefined || (next !== undefined && next.at === undefined)) continue;
    const context = pauseContext(thread, index);
    const gapMs = gapAfter(thread, index);
    pauses.push({ context, gapMs, keptRatio: keptRatioOf(context.promptTokens, next), own });
    if (gapMs !== undefined) own = observeReturn(own, context.waitFor, gapMs);
  }
  return pauses;
}

const pausedBefore = new WeakMap<ThreadTrace, Uint8Array>();

/** What was known of a thread when its call `index` had been answered. */
function pauseContext(thread: ThreadTrace, index: number): PauseContext {
  let paused = pausedBefore.get(thread);
  if (paused === undefined) pausedBefore.set(thread, (paused = pausedFlags(thread)));
  const call = thread.calls[index];
  return {
    waitFor: call === undefined ? 'unknown' : waitOf(thread, call),
    hasPaused: paused[index] === 1,
    callCount: index + 1,
    promptTokens: call?.usage === undefined ? 0 : promptTokens(call.usage),
  };
}

/** [calls] 1 where a long pause came before the call. */
function pausedFlags(thread: ThreadTrace): Uint8Array {
  const first = thread.calls.findIndex((_, index) => (gapAfter(thread, index) ?? 0) > LATE_MS);
  return Uint8Array.from(thread.calls, (_, index) => (first >= 0 && index > first ? 1 : 0));
}

function gapAfter(thread: ThreadTrace, index: number): Ms | undefined {
  const [at, nextAt] = [thread.calls[index]?.at, thread.calls[index + 1]?.at];
  return at === undefined || nextAt === undefined ? undefined : nextAt - at;
}

function waitOf(thread: ThreadTrace, { finish }: CallTrace): WaitFor {
  if (thread.parentThreadId !== undefined) return 'sub-agent';
  if (finish === 'tool-calls') return 'tool';
  return finish === 'stop' ? 'person' : 'unknown';
}

function keptRatioOf(tokens: number, next: CallTrace | undefined): number {
  if (next === undefined || tokens === 0) return 0;
  return Math.min(1, (next.prefix.keptTokens ?? tokens) / tokens);
}

/** Counts pauses by context: what `returnHazard` reads. */
export function fitReturns(sessions: Iterable<SessionTrace>): ReturnTable {
  const counts: Record<string, { returned: number[]; never: number }> = {};
  const kept: Partial<Record<WaitFor, { sum: number; count: number }>> = {};
  for (const session of sessions) {
    for (const { context, gapMs, keptRatio } of pausesOf(session)) {
      const edge = gapMs === undefined ? -1 : RETURN_EDGES_MS.findIndex((bound) => gapMs <= bound);
      for (const key of contextKeys(context)) {
        const row = (counts[key] ??= { returned: RETURN_EDGES_MS.map(() => 0), never: 0 });
        if (edge < 0) row.never += 1;
        else row.returned[edge] = (row.returned[edge] ?? 0) + 1;
      }
      if (gapMs === undefined || gapMs <= LATE_MS) continue;
      const sum = (kept[context.waitFor] ??= { sum: 0, count: 0 });
      sum.sum += keptRatio;
      sum.count += 1;
    }
  }
  const keptRatio = Object.fromEntries(
    Object.entries(kept).map(([wait, { sum, count }]) => [wait, rounded(sum / count)]),
  );
  return { counts, keptRatio };
}
