import { switchNano } from './simulate.ts';
import type { Workload } from './workload.ts';

/** Lower bounds of what the rest of a thread can come to. */
export interface BoundsToGo {
  /** Least that everything after call `i` can cost, when model `m` took call `i`. */
  after(i: number, m: number): number;
  /** Least that the whole thread can cost. */
  readonly wholeNano: number;
}

/**
 * A dynamic programme over (call, model of the call before): a model that goes on finds all of the last prompt warm, one that
 * comes back finds at most what was warm before the last call, and crossing families costs what it costs. No real history is
 * warmer, so no path is below it. Linear in the calls.
 */
export function boundsToGo(work: Workload, failureWeight: number): BoundsToGo {
  const width = work.models.length;
  const rest = new Float64Array((work.callCount + 1) * width);
  const older = mostCachedBefore(work);
  const least = new Float64Array(width);
  for (let i = work.callCount - 1; i >= 0; i -= 1) {
    for (let m = 0; m < width; m += 1) {
      const coming = leastNano(work, i, m, older[i - 2] ?? 0);
      least[m] = coming + failureWeight * (work.failureNano[i * width + m] ?? 0) + (rest[(i + 1) * width + m] ?? 0);
    }
    for (let before = 0; before < width; before += 1) {
      const own = leastNano(work, i, before, Infinity);
      const failure = failureWeight * (work.failureNano[i * width + before] ?? 0);
      let best = own + failure + (rest[(i + 1) * width + before] ?? 0);
      for (let m = 0; m < width; m += 1) {
        if (m === before) continue;
        const total = (least[m] ?? 0) + failureWeight * switchNano(work, i, before, m);
        if (total < best) best = total;
      }
      rest[i * width + before] = best;
    }
  }
  let wholeNano = Infinity;
  for (let m = 0; m < width; m += 1) {
    const first = leastNano(work, 0, m, 0) + failureWeight * (work.failureNano[m] ?? 0);
    wholeNano = Math.min(wholeNano, first + (rest[width + m] ?? 0));
  }
  return { after: (i, m) => rest[(i + 1) * width + m] ?? 0, wholeNano };
}

/** [calls] The most that any call up to this one left in a cache. */
function mostCachedBefore(work: Workload): Float64Array {
  const most = new Float64Array(work.callCount);
  let so = 0;
  for (let i = 0; i < work.callCount; i += 1) {
    so = Math.max(so, work.cachedTokens[i] ?? 0);
    most[i] = so;
  }
  return most;
}

/** Least bill of a call on a model that cannot have more than `mostTokens` warm. */
function leastNano(work: Workload, i: number, m: number, mostTokens: number): number {
  const cell = i * work.models.length + m;
  const warmable =
    i > 0 && (work.ttlMs[m] ?? 0) > 0
      ? Math.min(
          mostTokens,
          work.cachedTokens[i - 1] ?? 0,
          work.keepTokens[i] ?? Infinity,
          work.foundTokens[i] ?? Infinity,
        )
      : 0;
  const modelled =
    (work.coldNano[cell] ?? 0) - warmable * (work.savedNanoPerToken[cell] ?? 0) * (work.hitRatio[m] ?? 0);
  return m === work.recorded[i] ? Math.min(modelled, work.billedNano[i] ?? 0) : modelled;
}
