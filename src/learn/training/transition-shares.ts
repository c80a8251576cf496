import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { rounded } from './rounded.ts';

/** Pseudo-count of every transition, so that what was never seen stays possible. */
export const SMOOTHING = 0.5;

export function emptyCounts(): Record<StepKind, number> {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, 0])) as Record<StepKind, number>;
}

/** For each kind that occurs, what share of the steps after it is of which kind. Pure. */
export function transitionShares(
  runs: readonly (readonly StepKind[])[],
): Partial<Record<StepKind, Partial<Record<StepKind, Ratio>>>> {
  const counts = new Map<StepKind, Record<StepKind, number>>();
  for (const run of runs) {
    for (const [index, kind] of run.entries()) {
      const row = counts.get(kind) ?? emptyCounts();
      const following = run[index + 1];
      if (following !== undefined) row[following] += 1;
      counts.set(kind, row);
    }
  }
  const kinds = STEP_KINDS.filter((kind) => counts.has(kind));
  return Object.fromEntries(kinds.map((kind) => [kind, shares(counts.get(kind) ?? emptyCounts())]));
}

function shares(counts: Readonly<Record<StepKind, number>>): Record<StepKind, Ratio> {
  const total = STEP_KINDS.reduce((sum, kind) => sum + counts[kind] + SMOOTHING, 0);
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, rounded((counts[kind] + SMOOTHING) / total)])) as Record<
    StepKind,
    Ratio
  >;
}
