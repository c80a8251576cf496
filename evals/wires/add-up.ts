import type { Pair, PairResult } from './play-pairs.ts';

/** The runs of each pair as one. */
export function addUp(runs: readonly PairResult[]): readonly PairResult[] {
  const sums = new Map<string, PairResult>();
  for (const run of runs) {
    const name = nameOf(run);
    const sum = sums.get(name);
    sums.set(name, sum === undefined ? run : plus(sum, run));
  }
  return [...sums.values()];
}

export function nameOf({ caller, vendor }: Pair): string {
  return `${caller}.${vendor}`;
}

function plus(one: PairResult, other: PairResult): PairResult {
  return {
    ...one,
    played: one.played + other.played,
    accepted: one.accepted + other.accepted,
    refused: one.refused + other.refused,
    parsed: one.parsed + other.parsed,
    answered: one.answered + other.answered,
    faults: [...one.faults, ...other.faults],
  };
}
