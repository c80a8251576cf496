import type { At } from '../../domain/time.ts';
import type { CostOverTime } from './replay-report.ts';

/** Sums cost per policy and span of time, in bounded memory. */
export interface TimeSums {
  add(at: At, policy: number, nano: number): void;
  /** What was summed up so far, as plain data for others to add. */
  figures(): TimeFigures;
  addFigures(part: TimeFigures): void;
  report(policies: readonly string[]): CostOverTime;
}

/** Cost per policy by the number of the span since 1970. */
export interface TimeFigures {
  readonly spanMs: number;
  readonly spans: ReadonlyMap<number, Float64Array>;
}

const MAX_SPANS = 400;
const FIRST_SPAN_MS = 60_000;

/** Starts with spans of a minute; when there would be more than 400, spans double and neighbours are joined. */
export function createTimeSums(policyCount: number): TimeSums {
  let spanMs = FIRST_SPAN_MS;
  let spans = new Map<number, Float64Array>();

  function coarsen(): void {
    spanMs *= 2;
    const joined = new Map<number, Float64Array>();
    for (const [span, sums] of spans) {
      const key = Math.floor(span / 2);
      const into = joined.get(key);
      if (into === undefined) joined.set(key, sums);
      else for (const [policy, nano] of sums.entries()) into[policy] = (into[policy] ?? 0) + nano;
    }
    spans = joined;
  }

  function spanAt(at: At): Float64Array {
    let sums = spans.get(Math.floor(at / spanMs));
    if (sums === undefined) {
      while (spans.size >= MAX_SPANS) coarsen();
      const key = Math.floor(at / spanMs);
      sums = spans.get(key) ?? new Float64Array(policyCount);
      spans.set(key, sums);
    }
    return sums;
  }

  return {
    add(at, policy, nano) {
      const sums = spanAt(at);
      sums[policy] = (sums[policy] ?? 0) + nano;
    },
    figures: () => ({ spanMs, spans }),
    addFigures(part) {
      while (spanMs < part.spanMs) coarsen();
      for (const [key, costs] of part.spans) {
        const sums = spanAt(key * part.spanMs);
        for (const [policy, nano] of costs.entries()) sums[policy] = (sums[policy] ?? 0) + nano;
      }
    },
    report: (policies) => ({
      spanMs,
      policies,
      spans: [...spans]
        .sort(([a], [b]) => a - b)
        .map(([span, sums]) => ({ at: span * spanMs, costNanoUsd: Array.from(sums, Math.round) })),
    }),
  };
}
