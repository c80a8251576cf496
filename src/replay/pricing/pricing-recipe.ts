import type { Model } from '../../domain/model.ts';
import { createPriorPredictor } from '../../predict/prior-predictor.ts';
import type { PolicyRecipe } from '../simulation/replay-policy.ts';
import type { StepsReading } from './recorded-steps-reader.ts';
import type { PricingOptions } from './session-pricer.ts';

/** How sessions are priced, as plain data from which another thread makes the same options. */
export interface PricingRecipe extends Omit<PricingOptions, 'catalog' | 'policies' | 'predictor' | 'needs'> {
  /** The catalogue. A model of the pool that is one of it is the same object here, and stays so when the whole is copied. */
  readonly models: readonly Model[];
  readonly policies: readonly PolicyRecipe[];
  /** Absent: nobody reads what steps need. */
  readonly reading: StepsReading | undefined;
}

/** `undefined`: a policy can be run by its own thread alone, or success is predicted by something that is no plain data. */
export function recipeFor(options: PricingOptions, reading: StepsReading | undefined): PricingRecipe | undefined {
  const { catalog, policies, predictor, needs: _needs, ...plain } = options;
  const recipes = policies.flatMap(({ recipe }) => recipe ?? []);
  if (recipes.length < policies.length || predictor.version !== createPriorPredictor().version) return undefined;
  return { ...plain, models: catalog.models, policies: recipes, reading };
}
