import { readFileSync } from 'node:fs';
import type { Model } from '../../src/domain/model.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import type { StepKind } from '../../src/domain/step.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import type { Predictor } from '../../src/predict/predictor.ts';
import { sizeOf } from '../../src/predict/step-sizes.ts';
import { decide } from '../../src/router/decide.ts';
import { aDecideInput, aStep, someRequirements } from '../../src/testing/decision-builders.ts';

/** A prompt of a peer's own test, with the tiers that it accepts. */
export interface ComplexityCase {
  readonly prompt: string;
  readonly expected: Tier;
  readonly acceptable: readonly Tier[];
}

export const TIERS = ['SIMPLE', 'MEDIUM', 'COMPLEX', 'REASONING'] as const;
export type Tier = (typeof TIERS)[number];

export interface TierChoice {
  readonly test: ComplexityCase;
  readonly kind: StepKind;
  readonly tier: Tier;
}

export function loadComplexityCases(file: string): readonly ComplexityCase[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly ComplexityCase[] }).cases;
}

/**
 * Routes each prompt as a fresh session over four models, one a tier, cheapest first. What our router picks is what it
 * takes to be worth its price; it is not asked how hard the prompt looks.
 */
export async function chooseTiers(
  cases: readonly ComplexityCase[],
  setting: { readonly models: readonly Model[]; readonly predictor: Predictor; readonly policy: RouterPolicy },
): Promise<readonly TierChoice[]> {
  const { models, predictor, policy } = setting;
  const choices: TierChoice[] = [];
  for (const test of cases) {
    const message = { role: 'user', content: [{ type: 'text', text: test.prompt }] } as const;
    const features = createStepFeatures({ messages: [message], tools: [], transcriptTokens: 0 });
    const { estimates } = await predictor.quality(features, models);
    const decision = decide(
      aDecideInput({
        models,
        quality: estimates,
        policy,
        step: aStep({
          kind: features.kind,
          modes: ['continue'],
          size: sizeOf(features),
          requirements: someRequirements({ tools: false }),
        }),
      }),
    );
    const picked = decision.kind === 'refuse' ? -1 : models.findIndex((model) => model.id === decision.to);
    choices.push({ test, kind: features.kind, tier: TIERS[Math.max(0, picked)] ?? 'SIMPLE' });
  }
  return choices;
}
