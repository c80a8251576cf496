import type { LinearHead } from '../predict/linear-head.ts';
import { packWeights, softmax } from '../predict/linear-head.ts';
import { areaUnderCurve } from './metrics-probability.ts';
import { predictLinear } from './ridge.ts';
import { crossFit } from './cross-fit.ts';
import { foldOf } from './seeded-random.ts';

/** A head with what it does on rows it was not fitted on. */
export interface TrainedHead {
  readonly head: LinearHead;
  readonly accuracyRatio: number;
  readonly logLoss: number;
  /** Rows are what is true, columns what was said, in the order of the head's classes. */
  readonly confusion: readonly (readonly number[])[];
  /** Mean over classes of one against the rest. */
  readonly auc: number;
}

const FOLDS = 5;

/**
 * Fits one ridge score per class and one sharpness for all, both judged out of fold: rows of the same text share a fold.
 * Deterministic. Rare classes weigh more, up to five times, so that they are not swallowed by common ones.
 */
export function trainHead(
  classes: readonly string[],
  rows: readonly { readonly vector: Float32Array; readonly label: string; readonly group: string }[],
): TrainedHead {
  const columnCount = rows[0]?.vector.length ?? 0;
  const counts = new Map(classes.map((name) => [name, rows.filter((row) => row.label === name).length]));
  const largest = Math.max(...counts.values());
  const folds = rows.map((row) => foldOf(row.group, FOLDS));
  const { models, full } = crossFit(
    rows.map((row, index) => ({
      vector: row.vector,
      targets: classes.map((name) => (name === row.label ? 1 : 0)),
      fold: folds[index] ?? 0,
      copies: Math.max(1, Math.round(Math.min(5, Math.sqrt(largest / Math.max(1, counts.get(row.label) ?? 1))))),
    })),
    FOLDS,
    Math.max(1, Math.sqrt(rows.length) / 20),
  );
  const scores = rows.map((row, index) => {
    const model = models[folds[index] ?? 0];
    return classes.map((_, target) => (model === undefined ? 0 : predictLinear(model, target, row.vector)));
  });
  const labels = rows.map((row) => classes.indexOf(row.label));
  const sharpness = bestSharpness(scores, labels);
  return {
    head: {
      classes,
      columnCount,
      weights: packWeights(full.weights),
      intercepts: full.intercepts.map((value) => Math.fround(value)),
      sharpness,
    },
    ...judge(classes, scores, labels, sharpness),
  };
}

function judge(
  classes: readonly string[],
  scores: readonly (readonly number[])[],
  labels: readonly number[],
  sharpness: number,
): Omit<TrainedHead, 'head'> {
  const confusion = classes.map(() => classes.map(() => 0));
  let right = 0;
  for (const [index, row] of scores.entries()) {
    const said = row.indexOf(Math.max(...row));
    const truth = confusion[labels[index] ?? 0];
    if (truth !== undefined) truth[said] = (truth[said] ?? 0) + 1;
    if (said === labels[index]) right += 1;
  }
  const areas = classes
    .map((_, target) =>
      areaUnderCurve(
        scores.map((row) => row[target] ?? 0),
        labels.map((label) => (label === target ? 1 : 0)),
      ),
    )
    .filter((area) => !Number.isNaN(area));
  return {
    accuracyRatio: right / scores.length,
    logLoss: logLoss(scores, labels, sharpness),
    confusion,
    auc: areas.reduce((sum, area) => sum + area, 0) / Math.max(1, areas.length),
  };
}

/** The sharpness with the lowest log loss out of fold, from a fixed grid. */
function bestSharpness(scores: readonly (readonly number[])[], labels: readonly number[]): number {
  const grid = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20];
  return grid.reduce((best, next) => (logLoss(scores, labels, next) < logLoss(scores, labels, best) ? next : best));
}

function logLoss(scores: readonly (readonly number[])[], labels: readonly number[], sharpness: number): number {
  let sum = 0;
  for (const [index, row] of scores.entries()) {
    const probability = softmax(row.map((score) => score * sharpness))[labels[index] ?? 0] ?? 0;
    sum -= Math.log(Math.max(1e-9, probability));
  }
  return sum / Math.max(1, scores.length);
}
