import type { Figures } from '../../src/domain/figure.ts';
import { MINUTE_MS } from '../../src/domain/time.ts';
import { calibrationError } from '../../src/learn/training/metrics-probability.ts';
import { pausesOf } from '../../src/replay/simulation/recorded-pauses.ts';
import { returnedBy, returnHazard } from '../../src/warmth/return-hazard.ts';
import type { ReturnTable } from '../../src/warmth/returns.ts';
import type { JudgedFold } from './judged-fold.ts';

const MINUTES = [1, 5, 60] as const;
const BIN_COUNT = 10;

/** Calibration of P(the next call has come within t), over all pauses of all judged sessions. */
export function returnFigures(folds: readonly JudgedFold[]): Figures {
  const figures: Record<string, Figures[string]> = {};
  for (const minutes of MINUTES) {
    const [predicted, actual] = [[] as number[], [] as number[]];
    for (const { judged, returns } of folds) {
      for (const session of judged) collect(session, returns, minutes, predicted, actual);
    }
    figures[`warmth.hazard.${minutes}min.ece.ratio`] = {
      value: Number(calibrationError(predicted, actual, BIN_COUNT).toFixed(4)),
      unit: 'ratio',
      n: predicted.length,
      label: 'measured',
    };
  }
  const worst = Math.max(...Object.values(figures).map(({ value }) => value));
  return { ...figures, 'warmth.hazard.ece.ratio': { value: worst, unit: 'ratio', label: 'measured' } };
}

function collect(
  session: JudgedFold['judged'][number],
  returns: ReturnTable,
  minutes: number,
  predicted: number[],
  actual: number[],
): void {
  for (const { context, gapMs, own } of pausesOf(session)) {
    predicted.push(returnedBy(returnHazard(returns, context, own), minutes * MINUTE_MS));
    actual.push(gapMs !== undefined && gapMs <= minutes * MINUTE_MS ? 1 : 0);
  }
}
