import type { HandoffDrift } from '../domain/quality.ts';
import type { StepMode } from '../domain/step.ts';
import type { Ratio } from '../domain/time.ts';

/** What is believed to be lost in P(success) where nothing was learned: a change of family, and what a brief leaves out. */
const FAMILY_DRIFT: Ratio = 0.02;
const MODE_DRIFT: Readonly<Record<StepMode, Ratio>> = { continue: 0, handoff: 0.01, isolate: 0.02 };

/**
 * The loss of P(success) when a step follows a transcript of `fromFamily`. The most specific learned row holds (both
 * families and the mode, then fewer); without one, the priors of family and mode add up. Nothing is lost on an empty
 * transcript.
 */
export function driftRatio(
  rows: readonly HandoffDrift[],
  fromFamily: string | undefined,
  toFamily: string,
  mode: StepMode,
): Ratio {
  if (fromFamily === undefined) return 0;
  let best = -1;
  let loss = 0;
  for (const row of rows) {
    const specificity = specificityOf(row, fromFamily, toFamily, mode);
    if (specificity > best) {
      best = specificity;
      loss = row.lossRatio;
    }
  }
  if (best >= 0) return loss;
  return (fromFamily === toFamily ? 0 : FAMILY_DRIFT) + MODE_DRIFT[mode];
}

function specificityOf(row: HandoffDrift, fromFamily: string, toFamily: string, mode: StepMode): number {
  let specificity = 0;
  if (row.fromFamily === fromFamily) specificity += 4;
  else if (row.fromFamily !== 'any') return -1;
  if (row.toFamily === toFamily) specificity += 2;
  else if (row.toFamily !== 'any') return -1;
  if (row.mode === mode) specificity += 1;
  else if (row.mode !== 'any') return -1;
  return specificity;
}
