import { readFileSync } from 'node:fs';
import type { Model } from '../../src/domain/model.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import { routeSteps } from '../need/route-stream.ts';

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
  readonly tier: Tier;
}

export function loadComplexityCases(file: string): readonly ComplexityCase[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly ComplexityCase[] }).cases;
}

/**
 * Routes each prompt as a fresh session over four models, one a tier, cheapest first, with the need that the product's reader
 * reads from it (its head, without the sentence encoder).
 */
export async function chooseTiers(
  cases: readonly ComplexityCase[],
  models: readonly Model[],
  policy: RouterPolicy,
): Promise<readonly TierChoice[]> {
  const reader = createLocalNeedReader(shippedNeed());
  const steps = await Promise.all(
    cases.map(async (test) => ({
      test,
      text: test.prompt,
      need: await reader.read({ text: test.prompt, before: [], origin: 'person' }),
    })),
  );
  const ids = models.map((model) => model.id);
  const routed = await routeSteps(steps, ids, policy);
  return routed.map(({ step, model }) => {
    const picked = ids.findIndex((id) => id === model);
    return { test: step.test, tier: TIERS[Math.max(0, picked)] ?? 'SIMPLE' };
  });
}
