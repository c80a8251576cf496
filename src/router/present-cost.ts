import type { DraftCandidate } from './candidates.ts';

/** What a candidate costs without the steps to come, each term rounded as its row says it. Whole nano-USD. */
export function presentNanoUsd({ bill, penalty, latency, host, ladder }: DraftCandidate): number {
  return (
    Math.round(bill) +
    Math.round(penalty) +
    Math.round(ladder.failureNanoUsd) +
    Math.round(latency) +
    Math.round(host) +
    Math.round(ladder.spendNanoUsd)
  );
}
