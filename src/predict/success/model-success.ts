import type { Model } from '../../domain/model.ts';
import type { QualityEstimate } from '../../domain/quality.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import { toSixDecimals, type Ratio } from '../../domain/time.ts';
import { KIND_ITEMS } from './ability-dimensions.ts';
import type { Ability } from './ability-prior.ts';
import { USUAL_DIFFICULTY } from './difficulty-scale.ts';
import {
  abilityAtRate,
  discriminationOf,
  logit,
  mixedSuccess,
  sigmoid,
  successCurve,
  type SuccessCurve,
} from './item-response.ts';

/** What is believed of one model at steps of each kind, in the order of `STEP_KINDS`. */
export type ModelSuccess = readonly (SuccessCurve & { readonly isLearned: boolean })[];

/** How likely each kind and difficulty is, for each kind a row; what of a need decides about success. Sums to 1. */
export type SuccessNeed = readonly (readonly Ratio[])[];

/** A step of which only the kind is known, and its difficulty as usual; `kinds` in the order of `STEP_KINDS`. */
export function kindsOnly(kinds: readonly Ratio[]): SuccessNeed {
  return STEP_KINDS.map((kind, index) => USUAL_DIFFICULTY[kind].map((ratio) => (kinds[index] ?? 0) * ratio));
}

/** A step whose kind is known and of which nothing else was read. */
export function kindOnly(kind: StepKind): SuccessNeed {
  return kindsOnly(STEP_KINDS.map((one) => (one === kind ? 1 : 0)));
}

/** Curves of a model from its ability per kind. */
export function modelSuccess(abilityOf: (kind: StepKind) => Ability & { readonly isLearned: boolean }): ModelSuccess {
  return STEP_KINDS.map((kind) => {
    const { isLearned, ...ability } = abilityOf(kind);
    return { ...successCurve(ability, discriminationOf(KIND_ITEMS[kind])), isLearned };
  });
}

/**
 * P(success) of a model at a step: Σ P(kind, difficulty)·σ(a·θ + m_d). `shift` is evidence on the logit scale, 0 or less. The
 * width is that of the belief about the model: one ability stands behind all difficulties, so their widths add up.
 */
export function estimateSuccess(
  success: ModelSuccess,
  need: SuccessNeed,
  { model, shift }: { readonly model: Model; readonly shift: number },
): QualityEstimate {
  let successRatio = 0;
  let widthRatio = 0;
  let learned = 0;
  for (let index = 0; index < STEP_KINDS.length; index += 1) {
    const [difficulty, curve] = [need[index], success[index]];
    if (difficulty === undefined || curve === undefined) continue;
    for (let level = 0; level < difficulty.length; level += 1) {
      const weight = difficulty[level] ?? 0;
      if (weight <= 0) continue;
      const ratio = curve.ratios[level] ?? 0;
      successRatio += weight * (shift === 0 ? ratio : sigmoid(logit(ratio) + shift));
      widthRatio += weight * (curve.widths[level] ?? 0);
      if (curve.isLearned) learned += weight;
    }
  }
  return {
    model: model.id,
    successRatio: Math.min(1, toSixDecimals(successRatio)),
    widthRatio: Math.min(0.5, toSixDecimals(widthRatio)),
    basis: learned > 0.5 ? 'learned' : 'prior',
  };
}

/** Logit of success of a mid-field model over a kind's usual steps: where outcomes of a field are hung up. */
export function usualLevel(kind: StepKind): number {
  return logit(mixedSuccess(0, discriminationOf(KIND_ITEMS[kind]), USUAL_DIFFICULTY[kind]));
}

/** How far to each side of a rate its slope is taken, and the least it is taken for: beyond the outermost ability it is 0. */
const SLOPE_STEP = 0.05;
const LEAST_SLOPE = 0.5;

/**
 * The ability that a rate of success over a kind's usual steps speaks of; both on the logit scale, the rate with its width. The
 * mixture of difficulties flattens what abilities do to rates, so that a step in ability is more than the same step in rates.
 */
export function abilityOfRate(kind: StepKind, rate: Ability): Ability {
  const thetaAt = (at: number): number =>
    abilityAtRate(sigmoid(at), discriminationOf(KIND_ITEMS[kind]), USUAL_DIFFICULTY[kind]);
  const slope = (thetaAt(rate.mean + SLOPE_STEP) - thetaAt(rate.mean - SLOPE_STEP)) / (2 * SLOPE_STEP);
  return { mean: thetaAt(rate.mean), width: rate.width * Math.max(LEAST_SLOPE, slope) };
}
