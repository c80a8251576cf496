import { EVIDENCE_FEATURES, evidenceVector } from '../predict/evidence-features.ts';
import { sigmoid } from '../predict/item-response.ts';
import { areaUnderCurve } from './metrics-probability.ts';
import { foldOf } from './seeded-random.ts';
import type { SessionEnding } from './training-set.ts';

export interface Logistic {
  readonly weights: readonly number[];
  readonly intercept: number;
}

/** The struggle classifier with its area under the curve on tasks it was not fitted on. */
export interface FittedStruggle {
  readonly model: Logistic;
  readonly auc: number;
  readonly failedRatio: number;
}

const PENALTY = 1;
const ROUNDS = 400;

/** P(a session fails) from its evidence: logistic regression, tasks kept together across folds. Deterministic. */
export function fitStruggle(endings: readonly SessionEnding[]): FittedStruggle {
  const folds = endings.map((ending) => foldOf(ending.group, 5));
  const models = Array.from({ length: 5 }, (_, fold) => fit(endings.filter((_ending, index) => folds[index] !== fold)));
  const scores = endings.map((ending, index) => scoreOf(models[folds[index] ?? 0], ending));
  const labels = endings.map((ending) => (ending.failed ? 1 : 0));
  const failedRatio = labels.reduce<number>((sum, label) => sum + label, 0) / Math.max(1, labels.length);
  return { model: fit(endings), auc: areaUnderCurve(scores, labels), failedRatio };
}

function fit(endings: readonly SessionEnding[]): Logistic {
  const rows = endings.map((ending) => evidenceVector(ending.evidence));
  const weights = EVIDENCE_FEATURES.map(() => 0);
  let intercept = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const gradient = weights.map((weight) => (PENALTY * weight) / endings.length);
    let interceptGradient = 0;
    for (const [index, row] of rows.entries()) {
      const error =
        (sigmoid(intercept + sumProduct(weights, row)) - (endings[index]?.failed === true ? 1 : 0)) / rows.length;
      interceptGradient += error;
      for (const [column, value] of row.entries()) gradient[column] = (gradient[column] ?? 0) + error * value;
    }
    intercept -= 2 * interceptGradient;
    for (const [column, slope] of gradient.entries()) weights[column] = (weights[column] ?? 0) - 2 * slope;
  }
  return { weights: weights.map((weight) => Number(weight.toFixed(5))), intercept: Number(intercept.toFixed(5)) };
}

function scoreOf(model: Logistic | undefined, ending: SessionEnding): number {
  return model === undefined ? 0 : model.intercept + sumProduct(model.weights, evidenceVector(ending.evidence));
}

function sumProduct(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
