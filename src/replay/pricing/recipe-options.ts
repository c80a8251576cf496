import { createCatalog } from '../../catalog/create-catalog.ts';
import { createPriorPredictor } from '../../predict/prior-predictor.ts';
import { pointsmanPolicy } from '../rules/pointsman.ts';
import { rivalNamed } from '../rules/rivals.ts';
import type { PolicyRecipe, ReplayPolicy } from '../simulation/replay-policy.ts';
import type { PricingRecipe } from './pricing-recipe.ts';
import { recordedStepsReader } from './recorded-steps-reader.ts';
import type { PricingOptions } from './session-pricer.ts';

/**
 * The options that a recipe stands for.
 * @throws PointsmanError `artifact-invalid`
 */
export function optionsFrom({ models, policies, reading, ...plain }: PricingRecipe): PricingOptions {
  return {
    ...plain,
    catalog: createCatalog(models),
    policies: policies.map(policyFrom),
    predictor: createPriorPredictor(),
    needs: reading && recordedStepsReader(reading),
  };
}

function policyFrom(recipe: PolicyRecipe): ReplayPolicy {
  if (recipe.kind === 'rival') return rivalNamed(recipe.name, recipe.seed);
  const { policy, name, modes, forecast } = recipe;
  return pointsmanPolicy({
    policy,
    ...(name === undefined ? {} : { name }),
    ...(modes === undefined ? {} : { modes }),
    ...(forecast === undefined ? {} : { forecast }),
  });
}
