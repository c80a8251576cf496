import type { Figure } from '../../src/domain/figure.ts';
import { brierScore, calibrationError } from '../../src/learn/training/metrics-probability.ts';
import { modelsOf } from '../../src/learn/training/outcome-matrix.ts';
import type { OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { logit, sigmoid } from '../../src/predict/success/item-response.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { splitKey } from '../data/outcome-sets.ts';

/** Prior weight of a model's cell: the kind's mean shifted by the model's general strength. */
const PRIOR_TASKS = 8;
/** Prior weight of a group's level: the tasks of a group were drawn, however many models ran on each. */
const PRIOR_GROUP_TASKS = 10;

/** P(success) per model and kind, out of fold: expected calibration error, and Brier beside the two constants. */
export function calibrationFigures(
  openhands: readonly OutcomeRow[],
  mcpmark: readonly OutcomeRow[],
): Readonly<Record<string, Figure>> {
  const figures: Record<string, Figure> = {};
  const sets = {
    openhands: [openhands, (row: OutcomeRow) => row.source],
    mcpmark: [mcpmark, (row: OutcomeRow) => row.domain ?? ''],
  } as const;
  const pooled = { predicted: [] as number[], actual: [] as number[] };
  for (const [name, [rows, groupOf]] of Object.entries(sets)) {
    const { predicted, actual, constant } = outOfFold(rows, groupOf);
    const n = predicted.length;
    pooled.predicted.push(...predicted);
    pooled.actual.push(...actual);
    figures[`quality.${name}.ece`] = {
      value: calibrationError(predicted, actual),
      unit: 'ratio',
      n,
      label: 'measured',
    };
    figures[`quality.${name}.brier`] = {
      value: brierScore(predicted, actual),
      unit: 'ratio',
      n,
      against: brierScore(constant, actual),
      label: 'measured',
    };
  }
  figures['quality.pooled.ece'] = {
    value: calibrationError(pooled.predicted, pooled.actual),
    unit: 'ratio',
    n: pooled.actual.length,
    label: 'measured',
  };
  return figures;
}

function outOfFold(
  rows: readonly OutcomeRow[],
  groupOf: (row: OutcomeRow) => string,
): { predicted: number[]; actual: number[]; constant: number[] } {
  const models = modelsOf(rows);
  const result = { predicted: [] as number[], actual: [] as number[], constant: [] as number[] };
  for (let fold = 0; fold < 5; fold += 1) {
    const train = rows.filter((row) => foldOf(splitKey(row), 5) !== fold);
    const overall = mean(train.flatMap((row) => Object.values(row.outcomes).map(({ score }) => score)));
    const predict = fitCells(train, groupOf, models, overall);
    for (const row of rows.filter((candidate) => foldOf(splitKey(candidate), 5) === fold)) {
      for (const [model, { score }] of Object.entries(row.outcomes)) {
        result.predicted.push(predict(model, groupOf(row)));
        result.actual.push(score);
        result.constant.push(overall);
      }
    }
  }
  return result;
}

function fitCells(
  train: readonly OutcomeRow[],
  groupOf: (row: OutcomeRow) => string,
  models: readonly string[],
  overall: number,
): (model: string, group: string) => number {
  const scores = (model: string | undefined, group: string | undefined): readonly number[] =>
    train
      .filter((row) => group === undefined || groupOf(row) === group)
      .flatMap((row) =>
        Object.entries(row.outcomes)
          .filter(([name]) => model === undefined || name === model)
          .map(([, { score }]) => score),
      );
  const groups = [...new Set(train.map(groupOf))];
  const groupShift = new Map(
    groups.map((group) => {
      const taskCount = train.filter((row) => groupOf(row) === group).length;
      const shift = logit(mean(scores(undefined, group))) - logit(overall);
      return [group, (shift * taskCount) / (taskCount + PRIOR_GROUP_TASKS)];
    }),
  );
  const modelShift = new Map(
    models.map((model) => [
      model,
      logit((sum(scores(model, undefined)) + 5 * overall) / (scores(model, undefined).length + 5)) - logit(overall),
    ]),
  );
  const cells = new Map<string, number>();
  for (const group of groups) {
    for (const model of models) {
      const prior = sigmoid(logit(overall) + (groupShift.get(group) ?? 0) + (modelShift.get(model) ?? 0));
      const seen = scores(model, group);
      cells.set(`${model} ${group}`, (sum(seen) + PRIOR_TASKS * prior) / (seen.length + PRIOR_TASKS));
    }
  }
  return (model, group) => cells.get(`${model} ${group}`) ?? overall;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / Math.max(1, values.length);
}
