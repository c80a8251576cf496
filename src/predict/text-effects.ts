import type { QualityEstimate } from '../domain/quality.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import { toSixDecimals, type Ratio } from '../domain/time.ts';
import { abilityKey, type PredictorArtifact } from './artifact.ts';
import { hashedVector } from './embedding/hashed-embedder.ts';
import { unpackWeights } from './linear-head.ts';
import { logit, sigmoid } from './success/item-response.ts';

/** Corrects estimates by what a step's words say, where a gate let them; `kinds` in the order of `STEP_KINDS`. */
export type TextEffects = (
  estimates: readonly QualityEstimate[],
  text: string,
  kinds: readonly Ratio[],
) => readonly QualityEstimate[];

/** No words are surer than this of one model, on the logit scale. */
const MOST_SHIFT = 4;

/**
 * What the words of a step do to P(success): a shift on the logit scale for each model of a group of rows whose gate is open, as
 * far as the step is of their kinds. An estimate that was moved says by which gate, and what it was without. Unpacked once; with
 * no open gate the estimates come back as they are.
 */
export function openTextEffects(artifact: PredictorArtifact): TextEffects {
  const open = Object.entries(artifact.texts ?? {}).flatMap(([name, effect]) => {
    const gate = artifact.gates[name];
    if (gate?.open !== true) return [];
    const { classes, columnCount, intercepts, sharpness, weights } = effect.head;
    const unpacked = unpackWeights(weights, classes.length * columnCount);
    const rows = classes.map((model, at) => ({
      model,
      intercept: intercepts[at] ?? 0,
      weights: unpacked.subarray(at * columnCount, (at + 1) * columnCount),
    }));
    return [{ name, why: gate.why, kinds: effect.kinds, sharpness, rows }];
  });
  if (open.length === 0) return (estimates) => estimates;
  return (estimates, text, kinds) => {
    if (text === '') return estimates;
    const vector = hashedVector(text);
    let moved = estimates;
    for (const { name, why, rows, sharpness, kinds: only } of open) {
      const share = shareOf(only, kinds);
      if (share <= 0) continue;
      const shifts = new Map(
        rows.map((row) => [row.model, share * sharpness * (row.intercept + dot(row.weights, vector))]),
      );
      moved = moved.map((estimate) => {
        const shift = shifts.get(abilityKey(estimate.model));
        if (shift === undefined || estimate.basis === 'override') return estimate;
        const bounded = Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, shift));
        const { successRatio } = estimate;
        const words = { gate: name, why, plainRatio: estimate.words?.plainRatio ?? successRatio };
        return { ...estimate, successRatio: toSixDecimals(sigmoid(logit(successRatio) + bounded)), words };
      });
    }
    return moved;
  };
}

/** How much of a step is of these kinds; of any, where the rows named none. */
function shareOf(only: readonly StepKind[], kinds: readonly Ratio[]): Ratio {
  if (only.length === 0) return 1;
  return only.reduce((sum, kind) => sum + (kinds[STEP_KINDS.indexOf(kind)] ?? 0), 0);
}

function dot(weights: Float32Array, vector: Float32Array): number {
  let sum = 0;
  for (let column = 0; column < vector.length; column += 1) {
    const value = vector[column] ?? 0;
    if (value !== 0) sum += value * (weights[column] ?? 0);
  }
  return sum;
}
