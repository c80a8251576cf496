import type { TextEffect } from '../../predict/artifact.ts';
import { packWeights } from '../../predict/linear-head.ts';
import { logit, sigmoid } from '../../predict/success/item-response.ts';
import { mean } from '../../stats/mean.ts';
import { predictLinear, type LinearModel } from '../../stats/ridge.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { crossFit, FOLDS } from './cross-fit.ts';
import { kindOfTask } from './fit-abilities.ts';
import type { OutcomeRow } from './outcome-row.ts';
import { comparableModels, TEXT_PENALTY } from './text-gate.ts';

/** Logits that a whole point of a ridge score may be worth. */
const SHARPNESS_GRID = [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27] as const;

/**
 * What words say about each model beside what it does on all texts of the group: a ridge score per model on hashed vectors, and how
 * many logits it is worth, fitted out of fold. For groups whose gate is open. Deterministic.
 */
export function fitTextEffect(rows: readonly OutcomeRow[], vectors: readonly Float32Array[]): TextEffect {
  const models = comparableModels(rows);
  const scores = rows.map((row) => models.map((model) => row.outcomes[model.name]?.score ?? 0));
  const folds = rows.map((row) => foldOf(row.id, FOLDS));
  const fitted = crossFit(
    rows.map((_, at) => ({
      vector: vectors[at] ?? new Float32Array(),
      targets: scores[at] ?? [],
      fold: folds[at] ?? 0,
      copies: 1,
    })),
    FOLDS,
    TEXT_PENALTY,
  );
  const means = models.map((_, target) => mean(scores.map((row) => row[target] ?? 0)));
  const said = rows.map((_, at) => deviations(fitted.models[folds[at] ?? 0], vectors[at], means));
  return {
    kinds: kindsOf(rows),
    head: {
      classes: models.map(({ key }) => key),
      columnCount: vectors[0]?.length ?? 0,
      weights: packWeights(fitted.full.weights),
      intercepts: fitted.full.intercepts.map((value, target) => Math.fround(value - (means[target] ?? 0))),
      sharpness: bestSharpness(said, scores, means),
    },
  };
}

function deviations(
  model: LinearModel | undefined,
  vector: Float32Array | undefined,
  means: readonly number[],
): readonly number[] {
  return means.map((middle, target) =>
    model === undefined || vector === undefined ? 0 : predictLinear(model, target, vector) - middle,
  );
}

/** The kinds of the rows; none where some of them say only that they are something. */
function kindsOf(rows: readonly OutcomeRow[]): TextEffect['kinds'] {
  const kinds = [...new Set(rows.map((row) => kindOfTask(row.taskType) ?? 'other'))];
  return kinds.includes('other') ? [] : kinds.sort();
}

function bestSharpness(
  said: readonly (readonly number[])[],
  scores: readonly (readonly number[])[],
  means: readonly number[],
): number {
  const loss = (sharpness: number): number => {
    let sum = 0;
    for (const [at, row] of said.entries()) {
      for (const [target, deviation] of row.entries()) {
        const ratio = sigmoid(logit(Math.min(0.98, Math.max(0.02, means[target] ?? 0))) + sharpness * deviation);
        const inside = Math.min(1 - 1e-6, Math.max(1e-6, ratio));
        const score = scores[at]?.[target] ?? 0;
        sum -= score * Math.log(inside) + (1 - score) * Math.log(1 - inside);
      }
    }
    return sum;
  };
  const losses = SHARPNESS_GRID.map(loss);
  return Math.max(0.1, SHARPNESS_GRID[losses.indexOf(Math.min(...losses))] ?? 1);
}
