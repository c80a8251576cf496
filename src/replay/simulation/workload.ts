import type { Model } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { StepNeed } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import type { SessionTrace, ThreadTrace } from '../../sessions/session-trace.ts';
import type { ThreadHead } from './thread-head.ts';

/**
 * One thread as flat columns, ready for any policy: calls that have a usage and a price, in order. Token columns are in
 * reference tokens (a model's own count is `tokens × models[m].tokenRatio`); money is in nano-USD as floats, summed before
 * it is rounded. Never changed after `buildWorkload`.
 */
export interface Workload {
  readonly session: SessionTrace;
  readonly thread: ThreadTrace;
  /** Candidates: the pool, and every model that the thread was recorded on. */
  readonly models: readonly Model[];
  readonly callCount: number;
  /** Index into `thread.calls` of each call. */
  readonly sourceIndex: Int32Array;
  readonly atMs: Float64Array;
  readonly promptTokens: Float64Array;
  readonly outputTokens: Float64Array;
  /** Tokens that the prompt has more than the one before it; the whole prompt after a cut. */
  readonly newTokens: Float64Array;
  /** Reference tokens that a call leaves in the cache of the model that takes it. */
  readonly cachedTokens: Float64Array;
  /** What is left of any older prefix from this call on; Infinity when nothing broke. */
  readonly keepTokens: Float64Array;
  /** Latest call up to and with this one where the prefix broke, or -1. */
  readonly brokeAt: Int32Array;
  /** What this call alone could find of a warm prefix; Infinity unless the recorded call missed without a reason. */
  readonly foundTokens: Float64Array;
  /** 1: a person caused the call, 0: a tool result. */
  readonly byUser: Uint8Array;
  readonly stepOf: Int32Array;
  /** Index of the model that was recorded. */
  readonly recorded: Int32Array;
  /** Latest earlier call of the recorded model, or -1. */
  readonly recordedLast: Int32Array;
  /** What the recorded call was billed: usage times price. */
  readonly billedNano: Float64Array;
  /** [call × models] Bill with nothing warm. */
  readonly coldNano: Float64Array;
  /** [call × models] What one reference token of cold prompt costs. */
  readonly promptNanoPerToken: Float64Array;
  /** [call × models] What one warm reference token saves. */
  readonly savedNanoPerToken: Float64Array;
  /** [call × models] (1 − p)·γ, spread evenly over the calls of the step. */
  readonly failureNano: Float64Array;
  /** [models] Time to live in milliseconds; 0 for a model without a cache. */
  readonly ttlMs: Float64Array;
  /** [models] Shorter prompts are never cached, in reference tokens. */
  readonly minTokens: Float64Array;
  /** [models] P(hit) of a call inside the TTL. */
  readonly hitRatio: Float64Array;
  /** [models] Cached lengths are multiples of this many reference tokens. */
  readonly granularityTokens: Float64Array;
  /** [models] Number of the family: crossing from one to another costs `driftNano`. */
  readonly familyOf: Int32Array;
  /** [steps] Price of a family crossing at this step. */
  readonly driftNano: Float64Array;
  /** [steps] Price of starting this step from a fresh context: what its brief leaves out. */
  readonly freshNano: Float64Array;
  /** Work that a step from a fresh context takes, relative to the shared transcript. */
  readonly freshWorkRatio: number;
  /** System and tools, which contexts of this thread share. */
  readonly head: ThreadHead;
  /** First call whose prompt begins with the same head as this one's: later than 0 where system or tools changed. */
  readonly headSince: Int32Array;
  readonly steps: readonly WorkloadStep[];
}

export interface WorkloadStep {
  readonly kind: StepKind;
  /** Index into `thread.steps`. */
  readonly sourceIndex: number;
  readonly firstCall: number;
  readonly callCount: number;
  readonly failureNanoUsd: NanoUsd;
  /** [models] P(success) in the shared transcript. */
  readonly successRatio: Float64Array;
  /** [models] 1 where the model is enough for the step. */
  readonly sufficient: Uint8Array;
  /** The cheapest model by list price that is enough. */
  readonly need: number;
  /** What its words were read to need. Absent: the log has none, or nobody read them. */
  readonly reading?: StepNeed;
}

/**
 * Reference tokens that model `m` finds warm at call `i`, when it last took call `last` (-1: never).
 * @param held what that call left in the cache, where it was not the recorded prompt
 */
export function warmTokensAt(work: Workload, i: number, m: number, last: number, held?: number): number {
  if (last < 0 || (work.promptTokens[last] ?? 0) < (work.minTokens[m] ?? 0)) return 0;
  const age = (work.atMs[i] ?? 0) - (work.atMs[last] ?? 0);
  if (age > (work.ttlMs[m] ?? 0)) return 0;
  let warm = held ?? work.cachedTokens[last] ?? 0;
  for (let k = work.brokeAt[i] ?? -1; k > last && warm > 0; k = k > 0 ? (work.brokeAt[k - 1] ?? -1) : -1) {
    const kept = work.keepTokens[k] ?? Infinity;
    if (kept < warm) warm = kept;
  }
  const found = work.foundTokens[i] ?? Infinity;
  if (found < warm) warm = found;
  if (warm < (work.minTokens[m] ?? 0)) return 0;
  const grain = work.granularityTokens[m] ?? 1;
  return grain > 1 ? Math.floor(warm / grain) * grain : warm;
}

/**
 * Reference tokens of the head that model `m` holds at call `i`, for any context, when call `last` left `held` of it there
 * (-1: never).
 */
export function headTokensAt(work: Workload, i: number, m: number, last: number, held: number): number {
  if (last < 0 || last < (work.headSince[i] ?? 0)) return 0;
  if ((work.atMs[i] ?? 0) - (work.atMs[last] ?? 0) > (work.ttlMs[m] ?? 0)) return 0;
  const warm = Math.min(held, work.head.tokens);
  if (warm < (work.minTokens[m] ?? 0)) return 0;
  const grain = work.granularityTokens[m] ?? 1;
  return grain > 1 ? Math.floor(warm / grain) * grain : warm;
}

/**
 * Bill of call `i` on model `m`, in nano-USD, when the model last took call `last`. Where that is exactly what was recorded,
 * it is what was billed; elsewhere it is modelled from prices, cache rule and sizes.
 */
export function callNano(work: Workload, i: number, m: number, last: number): number {
  if (m === work.recorded[i] && last === work.recordedLast[i]) return work.billedNano[i] ?? 0;
  const cell = i * work.models.length + m;
  const warm = warmTokensAt(work, i, m, last);
  return (work.coldNano[cell] ?? 0) - warm * (work.savedNanoPerToken[cell] ?? 0) * (work.hitRatio[m] ?? 0);
}
