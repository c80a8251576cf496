import { callNano, warmTokensAt, type Workload } from './workload.ts';

/** A prefix of which less than this is left has to be written, whoever takes the call. */
const HELD_RATIO = 0.5;

/**
 * What putting off the recorded switches of model would have saved: each to the next call at which the prefix was lost anyway (a pause,
 * a cut) or at which the log switches again, where that bills less and fails no more. A switch from a model that another was put off for is
 * none. Which of them those are is known only afterwards. Nano-USD, as a float.
 */
export function timingNano(work: Workload): number {
  let saved = 0;
  for (let i = 1; i < work.callCount; i += 1) {
    const before = work.recorded[i - 1] ?? 0;
    if (work.recorded[i] === before || !isWarm(work, i, before)) continue;
    const end = endOf(work, i, before);
    const nano = putOffNano(work, { from: i, end, before });
    if (nano <= 0) continue;
    saved += nano;
    i = end;
  }
  return saved;
}

function isWarm(work: Workload, i: number, m: number): boolean {
  return warmTokensAt(work, i, m, i - 1) >= HELD_RATIO * (work.cachedTokens[i - 1] ?? 0);
}

function putOffNano(
  work: Workload,
  { from, end, before }: { readonly from: number; readonly end: number; readonly before: number },
): number {
  const to = work.recorded[from] ?? 0;
  let bill = 0;
  let failures = 0;
  for (let i = from; i < end; i += 1) {
    bill += (work.billedNano[i] ?? 0) - callNano(work, i, before, i - 1);
    failures += failureNano(work, i, to) - failureNano(work, i, before);
  }
  // The switch itself, where it comes at last: the new model holds what it did before the first one.
  if (work.recorded[end] === to)
    bill += (work.billedNano[end] ?? 0) - callNano(work, end, to, work.recordedLast[from] ?? -1);
  return bill + Math.min(0, failures);
}

/** The next call at which the old model's prefix is lost, or at which the log leaves the new one; else the number of calls. */
function endOf(work: Workload, from: number, before: number): number {
  const to = work.recorded[from];
  let i = from + 1;
  while (i < work.callCount && work.recorded[i] === to && isWarm(work, i, before)) i += 1;
  return i;
}

function failureNano(work: Workload, i: number, m: number): number {
  return work.failureNano[i * work.models.length + m] ?? 0;
}
