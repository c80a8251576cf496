import { EVIDENCE_FEATURES, evidenceVector } from '../../predict/success/evidence-features.ts';
import { sigmoid } from '../../predict/success/item-response.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { FOLDS } from './cross-fit.ts';
import { areaUnderCurve } from './metrics-probability.ts';
import type { SessionEnding } from './training-set.ts';

export interface Logistic {
  readonly weights: readonly number[];
  readonly intercept: number;
}

/** The struggle classifier with its area under the curve on tasks it was not fitted on. */
export interface FittedStruggle {
  readonly model: Logistic;
  readonly auc: number;
  /**
   * The same among sessions of one task, weighed over the tasks that have both endings. Between tasks evidence tells a hard task
   * from an easy one; only this tells a session that struggles. NaN: no task has both.
   */
  readonly withinTaskAuc: number;
}

const PENALTY = 1;
const ROUNDS = 400;

/** P(a session fails) from its evidence: logistic regression, tasks kept together across folds. Deterministic. */
export function fitStruggle(endings: readonly SessionEnding[]): FittedStruggle {
  const folds = endings.map((ending) => foldOf(ending.group, FOLDS));
  const models = Array.from({ length: 5 }, (_, fold) => fit(endings.filter((_ending, index) => folds[index] !== fold)));
  const scores = endings.map((ending, index) => scoreOf(models[folds[index] ?? 0], ending));
  const labels = endings.map((ending) => (ending.failed ? 1 : 0));
  return { model: fit(endings), auc: areaUnderCurve(scores, labels), withinTaskAuc: withinTasks(endings, scores) };
}

function withinTasks(endings: readonly SessionEnding[], scores: readonly number[]): number {
  let [sum, weight] = [0, 0];
  const tasks = Map.groupBy(endings.keys(), (index) => endings[index]?.group);
  for (const members of tasks.values()) {
    const labels = members.map((index) => (endings[index]?.failed === true ? 1 : 0));
    const own = areaUnderCurve(
      members.map((index) => scores[index] ?? 0),
      labels,
    );
    if (Number.isNaN(own)) continue;
    sum += own * members.length;
    weight += members.length;
  }
  return weight === 0 ? Number.NaN : sum / weight;
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
