import type { Difficulty } from '../domain/need.ts';
import type { StepKind } from '../domain/step.ts';
import { KIND_ITEMS } from '../predict/success/ability-dimensions.ts';
import type { Ability } from '../predict/success/ability-prior.ts';
import { MID_FIELD_LOGITS } from '../predict/success/difficulty-scale.ts';
import { discriminationOf, sigmoid } from '../predict/success/item-response.ts';
import type { Interval } from '../stats/interval.ts';

/** A task that was tried, and whether it was done. */
export interface Graded {
  readonly difficulty: Difficulty;
  readonly isRight: boolean;
  /**
   * What its check is worth, where it errs: how often it lets something wrong pass, and how often it refuses what is right.
   * Absent: the grading is exact.
   */
  readonly passesWrong?: number | undefined;
  readonly failsRight?: number | undefined;
}

/** What is believed of an ability after tasks: on the logit scale of the catalogue, with a 95 % interval. */
export interface AbilityEstimate extends Ability, Interval {
  readonly taskCount: number;
  readonly rightCount: number;
}

/**
 * How far the stated difficulty of a suite may be off, in logits, one deviation: its levels were set by hand after the words of
 * the difficulty scale, and were fitted on no model. It makes every interval wider, however many tasks there are.
 */
export const DIFFICULTY_DEVIATION = 0.5;
/** What a catalogue says beforehand counts no more than this, so that answers and not names decide. */
const LEAST_PRIOR_WIDTH = 2;

const OUTERMOST = 6;
const STEP = 0.02;
const SHIFTS = Array.from({ length: 13 }, (_, index) => (index - 6) / 2);

/**
 * The ability that answers to tasks speak of: Bayes over a grid, the prior no narrower than 2, the levels of the whole suite
 * shifted by what nobody knows. All right or all wrong gives a wide one-sided belief and no infinity. Pure.
 */
export function estimateAbility(kind: StepKind, graded: readonly Graded[], prior: Ability): AbilityEstimate {
  const thetas = Array.from({ length: Math.round((2 * OUTERMOST) / STEP) + 1 }, (_, index) => index * STEP - OUTERMOST);
  const width = Math.max(LEAST_PRIOR_WIDTH, prior.width);
  const slope = discriminationOf(KIND_ITEMS[kind]);
  const logs = logLikelihoods(graded, slope);
  const weights = SHIFTS.map((shift) => Math.exp(-(shift ** 2) / 2));
  const most = Math.max(...logs);
  const density = thetas.map((theta) => {
    const believed = Math.exp(-(((theta - prior.mean) / width) ** 2) / 2);
    const likely = SHIFTS.reduce((sum, shift, index) => {
      const at = theta + (shift * DIFFICULTY_DEVIATION) / slope;
      return sum + (weights[index] ?? 0) * Math.exp((logs[indexOf(at)] ?? -Infinity) - most);
    }, 0);
    return believed * likely;
  });
  const all = density.reduce((sum, one) => sum + one, 0);
  const mean = density.reduce((sum, one, index) => sum + one * (thetas[index] ?? 0), 0) / all;
  const variance = density.reduce((sum, one, index) => sum + one * ((thetas[index] ?? 0) - mean) ** 2, 0) / all;
  return {
    mean: rounded(mean),
    width: rounded(Math.sqrt(variance)),
    low: rounded(quantile(thetas, density, 0.025 * all)),
    high: rounded(quantile(thetas, density, 0.975 * all)),
    taskCount: graded.length,
    rightCount: graded.filter(({ isRight }) => isRight).length,
  };
}

const MARGIN = 4;

/** Of abilities from −10 to 10, so that a shifted one lies inside. */
function logLikelihoods(graded: readonly Graded[], slope: number): readonly number[] {
  const count = Math.round((2 * (OUTERMOST + MARGIN)) / STEP) + 1;
  return Array.from({ length: count }, (_, index) => {
    const theta = index * STEP - OUTERMOST - MARGIN;
    return graded.reduce((sum, { difficulty, isRight, passesWrong = 0, failsRight = 0 }) => {
      const able = sigmoid(slope * theta + (MID_FIELD_LOGITS[difficulty - 1] ?? 0));
      const passes = Math.min(1 - 1e-9, Math.max(1e-9, able * (1 - failsRight) + (1 - able) * passesWrong));
      return sum + Math.log(isRight ? passes : 1 - passes);
    }, 0);
  });
}

function indexOf(theta: number): number {
  return Math.round((theta + OUTERMOST + MARGIN) / STEP);
}

function quantile(thetas: readonly number[], density: readonly number[], target: number): number {
  let sum = 0;
  for (const [index, one] of density.entries()) {
    sum += one;
    if (sum >= target) return thetas[index] ?? 0;
  }
  return thetas.at(-1) ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
