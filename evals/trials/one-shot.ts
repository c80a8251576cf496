import type { Figure } from '../../src/domain/figure.ts';
import { modelsOf } from '../../src/learn/training/outcome-matrix.ts';
import type { OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { hashedVector } from '../../src/predict/embedding/hashed-embedder.ts';
import { predictLinear, RidgeSums } from '../../src/stats/ridge.ts';
import { foldOf, seededRandom } from '../../src/stats/seeded-random.ts';
import { loadOutcomeSet } from '../data/outcome-sets.ts';
import { strongWeakCurve } from '../learn/metrics-strong-weak.ts';
import { promptStructure, STRUCTURE_COUNT } from '../learn/prompt-structure.ts';
import type { SuiteContext } from '../suite.ts';
import { embedTexts } from './embed-texts.ts';

const FOLDS = 5;

/** RouteLLM's curves, out of fold: the difference of the two models is predicted, not each by itself. */
export async function strongWeakFigures(context: SuiteContext): Promise<Readonly<Record<string, Figure>>> {
  const figures: Record<string, Figure> = {};
  const rows = loadOutcomeSet(context.dataDir ?? '', 'routellm');
  for (const set of ['gsm8k', 'mmlu']) {
    if (context.quick && set === 'mmlu') continue;
    const chosen = rows.filter((row) => row.id.startsWith(`${set}/`));
    const strong = chosen.map((row) => row.outcomes['gpt-4-1106']?.score ?? 0);
    const weak = chosen.map((row) => row.outcomes['mixtral-8x7b']?.score ?? 0);
    const targets = chosen.map((_, index) => [(strong[index] ?? 0) - (weak[index] ?? 0), weak[index] ?? 0]);
    const predicted = await outOfFold(chosen, targets, context);
    // A weak answer in doubt is worth more of a strong call than its mean gain says: the gain is noisy, the doubt is not.
    const advantage = predicted.map(([gain = 0, right = 0]) => gain + 0.6 * right * (1 - right));
    const curve = strongWeakCurve(advantage, strong, weak);
    const interval = resample(advantage, strong, weak);
    const [name, n] = [`quality.routellm.${set}`, chosen.length];
    figures[`${name}.apgr`] = {
      value: curve.apgr,
      unit: 'ratio',
      ...interval,
      n,
      seed: 1,
      against: 0.5,
      label: 'measured',
    };
    figures[`${name}.cpt50.pct`] = { value: 100 * curve.cpt50, unit: '%', n, against: 50, label: 'measured' };
    figures[`${name}.cpt80.pct`] = { value: 100 * curve.cpt80, unit: '%', n, against: 80, label: 'measured' };
  }
  return figures;
}

/** Nine models, fourteen data sets: share of the gap between the best single model and hindsight that is closed. */
export async function ulabFigures(context: SuiteContext): Promise<Readonly<Record<string, Figure>>> {
  const all = loadOutcomeSet(context.dataDir ?? '', 'ulab');
  const rows = context.quick ? all.filter((_, index) => index % 8 === 0) : all;
  const models = modelsOf(rows);
  const scores = rows.map((row) => models.map((model) => row.outcomes[model]?.score ?? 0));
  const predicted = await outOfFold(rows, scores, context);
  const byDomain = domainChoice(rows, scores);
  const means = models.map((_, model) => mean(scores.map((row) => row[model] ?? 0)));
  const best = Math.max(...means);
  const oracle = mean(scores.map((row) => Math.max(...row)));
  const share = (choose: (index: number) => number): number =>
    (mean(scores.map((row, index) => row[choose(index)] ?? 0)) - best) / (oracle - best);
  return {
    'quality.ulab.gap_closed.ratio': {
      value: share((index) => indexOfMax(predicted[index] ?? [])),
      unit: 'ratio',
      n: rows.length,
      against: share((index) => byDomain[index] ?? 0),
      label: 'measured',
    },
  };
}

/** Ridge on embedding, hashed words, group and shape; the penalty grows with the root of the number of rows. */
async function outOfFold(
  rows: readonly OutcomeRow[],
  targets: readonly (readonly number[])[],
  context: SuiteContext,
): Promise<readonly (readonly number[])[]> {
  const vectors = await embedTexts(
    rows.map((row) => row.prompt ?? ''),
    context.progress,
  );
  const groups = [...new Set(rows.map((row) => row.domain ?? ''))].sort();
  const width = vectors[0]?.length ?? 0;
  const textWidth = width + 1024;
  const columnCount = textWidth + groups.length + STRUCTURE_COUNT;
  const features = (row: OutcomeRow, index: number): Float32Array => {
    const values = new Float32Array(columnCount);
    values.set(vectors[index] ?? [], 0);
    values.set(hashedVector(row.prompt ?? ''), width);
    values[textWidth + groups.indexOf(row.domain ?? '')] = 1;
    values.set(promptStructure(row.prompt ?? ''), textWidth + groups.length);
    return values;
  };
  const parts = Array.from({ length: FOLDS }, () => new RidgeSums(columnCount, targets[0]?.length ?? 0));
  const folds = rows.map((row) => foldOf(row.prompt ?? row.id, FOLDS));
  for (const [index, row] of rows.entries()) parts[folds[index] ?? 0]?.add(features(row, index), targets[index] ?? []);
  const total = RidgeSums.total(parts);
  const penalties = Float64Array.from({ length: columnCount }, (_, column) =>
    column < textWidth ? Math.sqrt(rows.length) : column < textWidth + groups.length ? 5 : 10,
  );
  const models = parts.map((part) => total.without(part).solve(penalties));
  return rows.map((row, index) => {
    const model = models[folds[index] ?? 0];
    const values = features(row, index);
    return (targets[0] ?? []).map((_, target) => (model === undefined ? 0 : predictLinear(model, target, values)));
  });
}

/** The best model per data set on the other folds: what knowing the data set alone gives. */
function domainChoice(rows: readonly OutcomeRow[], scores: readonly (readonly number[])[]): readonly number[] {
  const tables = Array.from({ length: FOLDS }, (_, fold) => {
    const sums = new Map<string, number[]>();
    for (const [index, row] of rows.entries()) {
      if (foldOf(row.prompt ?? row.id, FOLDS) === fold) continue;
      const sum = sums.get(row.domain ?? '') ?? (scores[index] ?? []).map(() => 0);
      for (const [model, score] of (scores[index] ?? []).entries()) sum[model] = (sum[model] ?? 0) + score;
      sums.set(row.domain ?? '', sum);
    }
    return sums;
  });
  return rows.map((row) => indexOfMax(tables[foldOf(row.prompt ?? row.id, FOLDS)]?.get(row.domain ?? '') ?? []));
}

function resample(
  advantage: readonly number[],
  strong: readonly number[],
  weak: readonly number[],
): { low: number; high: number } {
  const random = seededRandom(1);
  const values = Array.from({ length: 60 }, () => {
    const drawn = advantage.map(() => Math.floor(random() * advantage.length));
    const take = (from: readonly number[]): number[] => drawn.map((index) => from[index] ?? 0);
    return strongWeakCurve(take(advantage), take(strong), take(weak)).apgr;
  }).sort((a, b) => a - b);
  return { low: values[1] ?? 0, high: values[58] ?? 1 };
}

function indexOfMax(values: readonly number[]): number {
  return Math.max(0, values.indexOf(Math.max(...values)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
