import type { Ratio } from '../../domain/time.ts';
import type { AbilityDimension, KindItem } from './ability-dimensions.ts';
import type { Abilities, Ability } from './ability-prior.ts';
import { DISCRIMINATION, MID_FIELD_LOGITS } from './difficulty-scale.ts';

export function sigmoid(logit: number): number {
  return logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));
}

export function logit(ratio: Ratio): number {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, ratio));
  return Math.log(inside / (1 - inside));
}

/** Ability at one kind: the kind's mix of dimensions, taken as independent. θ scale: 0 is a mid-field model. */
export function kindAbility(abilities: Abilities, item: KindItem): Ability {
  let mean = 0;
  let variance = 0;
  const sum = weightSum(item);
  for (const [dimension, weight] of Object.entries(item.weights) as readonly [AbilityDimension, number][]) {
    const ability = abilities[dimension];
    mean += (weight / sum) * ability.mean;
    variance += ((weight / sum) * ability.width) ** 2;
  }
  return { mean, width: Math.sqrt(variance) };
}

/** a_k: how sharply steps of a kind tell abler models from less able ones. */
export function discriminationOf(item: KindItem): number {
  return DISCRIMINATION * weightSum(item);
}

/** P(success) at difficulty 1 to 5, and one deviation of what is believed about each. */
export interface SuccessCurve {
  readonly ratios: readonly Ratio[];
  readonly widths: readonly Ratio[];
}

/** Nodes and weights that stand for a normal belief (Gauss–Hermite, five points: exact up to the ninth moment). */
const NODES = [-2.856970013872806, -1.355626179974266, 0, 1.355626179974266, 2.856970013872806] as const;
const WEIGHTS = [
  0.011257411327720691, 0.2220759220056126, 0.5333333333333333, 0.2220759220056126, 0.011257411327720691,
] as const;

/**
 * σ(a·θ + m_d) for each difficulty d, θ believed to be normal: a wide belief is nearer to a coin than its centre says, and says
 * so in its width. Rises with the mean of θ and falls with d, whatever the width.
 */
export function successCurve(ability: Ability, discrimination: number): SuccessCurve {
  const ratios: number[] = [];
  const widths: number[] = [];
  for (const middle of MID_FIELD_LOGITS) {
    let mean = 0;
    let square = 0;
    for (const [index, node] of NODES.entries()) {
      const ratio = sigmoid(discrimination * (ability.mean + ability.width * node) + middle);
      const weight = WEIGHTS[index] ?? 0;
      mean += weight * ratio;
      square += weight * ratio * ratio;
    }
    ratios.push(mean);
    widths.push(Math.sqrt(Math.max(0, square - mean * mean)));
  }
  return { ratios, widths };
}

/** P(success) of a model of exactly this ability over steps of mixed difficulty. */
export function mixedSuccess(theta: number, discrimination: number, difficulty: readonly Ratio[]): Ratio {
  return difficulty.reduce(
    (sum, share, index) => sum + share * sigmoid(discrimination * theta + (MID_FIELD_LOGITS[index] ?? 0)),
    0,
  );
}

/** No ability is believed to lie further out than this: at the easiest mixture all rates beyond look alike. */
const OUTERMOST_THETA = 5;

/** The ability whose success over steps of mixed difficulty is this rate; the inverse of `mixedSuccess`, by halving. */
export function abilityAtRate(rate: Ratio, discrimination: number, difficulty: readonly Ratio[]): number {
  let low = -OUTERMOST_THETA;
  let high = OUTERMOST_THETA;
  for (let round = 0; round < 50; round += 1) {
    const middle = (low + high) / 2;
    if (mixedSuccess(middle, discrimination, difficulty) < rate) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function weightSum({ weights }: KindItem): number {
  return Object.values(weights).reduce((sum, weight) => sum + weight, 0);
}
