import { MINUTE_MS, type Ms } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { CallTrace, SessionTrace, ThreadTrace } from '../../sessions/session-trace.ts';
import { observeReturn, type OwnReturns } from '../../warmth/return-hazard.ts';
import type { PauseContext, WaitFor } from '../../warmth/returns.ts';

/** Longer pauses than the shortest time to live of vendors whose reads renew (2026-11) are the ones that cost. */
export const LATE_MS: Ms = 5 * MINUTE_MS;

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
  return session.threads.flatMap((thread) => pausesOfThread(thread).filter((pause) => pause !== undefined));
}

/** [calls] The pause after each call of a thread; `undefined` where its own time or that of the next one is not known. */
export function pausesOfThread(thread: ThreadTrace): readonly (RecordedPause | undefined)[] {
  const pauses = thread.calls.map((): RecordedPause | undefined => undefined);
  let own: OwnReturns = {};
  for (const [index, call] of thread.calls.entries()) {
    const next = thread.calls[index + 1];
    if (call.at === undefined || (next !== undefined && next.at === undefined)) continue;
    const context = pauseContext(thread, index);
    const gapMs = gapAfter(thread, index);
    pauses[index] = { context, gapMs, keptRatio: keptRatioOf(context.promptTokens, next), own };
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
