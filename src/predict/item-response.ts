import type { Ratio } from '../domain/time.ts';
import type { AbilityDimension, KindItem } from './ability-dimensions.ts';
import type { Abilities, Ability } from './ability-prior.ts';

export function sigmoid(logit: number): number {
  return logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));
}

export function logit(ratio: Ratio): number {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, ratio));
  return Math.log(inside / (1 - inside));
}

/** Ability at one kind: Σ a_d·(θ_d − b), dimensions taken as independent. Logit scale. */
export function kindAbility(abilities: Abilities, item: KindItem): Ability {
  let mean = 0;
  let variance = 0;
  for (const [dimension, weight] of Object.entries(item.weights) as readonly [AbilityDimension, number][]) {
    const ability = abilities[dimension];
    mean += weight * (ability.mean - item.difficulty);
    variance += (weight * ability.width) ** 2;
  }
  return { mean, width: Math.sqrt(variance) };
}

/**
 * P(success) of an uncertain logit and one standard deviation of it. The mean is shrunk by the width (MacKay's
 * approximation of the logistic-normal integral), because a wide belief is nearer to a coin than its centre says.
 */
export function successOf(ability: Ability): { readonly successRatio: Ratio; readonly widthRatio: Ratio } {
  const successRatio = sigmoid(ability.mean / Math.sqrt(1 + (Math.PI * ability.width ** 2) / 8));
  return { successRatio, widthRatio: Math.min(0.5, ability.width * successRatio * (1 - successRatio)) };
}
