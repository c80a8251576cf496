import { packWeights, softmax, type LinearHead } from '../../predict/linear-head.ts';
import { bootstrapInterval } from '../../stats/bootstrap.ts';
import type { Interval } from '../../stats/interval.ts';
import { predictLinear } from '../../stats/ridge.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { crossFit, FOLDS } from './cross-fit.ts';
import { areaUnderCurve } from './metrics-probability.ts';

/** A head with what it does on rows it was not fitted on. */
export interface TrainedHead {
  readonly head: LinearHead;
  readonly accuracyRatio: number;
  readonly logLoss: number;
  /** Rows are what is true, columns what was said, in the order of the head's classes. */
  readonly confusion: readonly (readonly number[])[];
  /** Mean over classes of one against the rest. */
  readonly auc: number;
  readonly intervals: { readonly accuracyRatio: Interval; readonly logLoss: Interval; readonly auc: Interval };
}

/** Of the draws behind the intervals. */
const SEED = 1;

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
    ...judge(classes, { scores, labels, groups: rows.map((row) => row.group) }, sharpness),
  };
}

/** What each row got out of fold, and what is true of it. */
interface Said {
  readonly scores: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly groups: readonly string[];
}

function judge(
  classes: readonly string[],
  { scores, labels, groups }: Said,
  sharpness: number,
): Omit<TrainedHead, 'head'> {
  const confusion = classes.map(() => classes.map(() => 0));
  const said = scores.map((row) => row.indexOf(Math.max(...row)));
  const losses = scores.map((row, index) => logLossOf(row, labels[index] ?? 0, sharpness));
  for (const [index, name] of said.entries()) {
    const truth = confusion[labels[index] ?? 0];
    if (truth !== undefined) truth[name] = (truth[name] ?? 0) + 1;
  }
  const accuracyOf = (rows: readonly number[]): number =>
    rows.filter((row) => said[row] === labels[row]).length / rows.length;
  const lossOf = (rows: readonly number[]): number =>
    rows.reduce((sum, row) => sum + (losses[row] ?? 0), 0) / rows.length;
  const aucOf = (rows: readonly number[]): number => meanAuc(classes.length, scores, labels, rows);
  const all = [...scores.keys()];
  const grouped = [...Map.groupBy(all, (row) => groups[row]).values()];
  return {
    accuracyRatio: accuracyOf(all),
    logLoss: lossOf(all),
    confusion,
    auc: aucOf(all),
    intervals: {
      accuracyRatio: bootstrapInterval(grouped, accuracyOf, SEED),
      logLoss: bootstrapInterval(grouped, lossOf, SEED),
      auc: bootstrapInterval(grouped, aucOf, SEED),
    },
  };
}

/** Mean over classes of one against the rest; classes without a row of each are left out. */
function meanAuc(
  classCount: number,
  scores: readonly (readonly number[])[],
  labels: readonly number[],
  rows: readonly number[],
): number {
  const areas = Array.from({ length: classCount }, (_, target) =>
    areaUnderCurve(
      rows.map((row) => scores[row]?.[target] ?? 0),
      rows.map((row) => (labels[row] === target ? 1 : 0)),
    ),
  ).filter((area) => !Number.isNaN(area));
  return areas.reduce((sum, area) => sum + area, 0) / Math.max(1, areas.length);
}

/** The sharpness with the lowest log loss out of fold, from a fixed grid. */
function bestSharpness(scores: readonly (readonly number[])[], labels: readonly number[]): number {
  const grid = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20];
  return grid.reduce((best, next) => (logLoss(scores, labels, next) < logLoss(scores, labels, best) ? next : best));
}

function logLoss(scores: readonly (readonly number[])[], labels: readonly number[], sharpness: number): number {
  const sum = scores.reduce((total, row, index) => total + logLossOf(row, labels[index] ?? 0, sharpness), 0);
  return sum / Math.max(1, scores.length);
}

function logLossOf(row: readonly number[], label: number, sharpness: number): number {
  const probability = softmax(row.map((score) => score * sharpness))[label] ?? 0;
  return -Math.log(Math.max(1e-9, probability));
}
