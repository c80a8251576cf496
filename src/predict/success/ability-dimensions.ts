import type { StepKind } from '../../domain/step.ts';

/** What a model can be good at. A step of a kind leans on a mix of these. */
export const ABILITY_DIMENSIONS = [
  'planning',
  'coding',
  'debugging',
  'review',
  'testing',
  'summarizing',
  'tools',
  'maths',
  'language',
] as const;
export type AbilityDimension = (typeof ABILITY_DIMENSIONS)[number];

/**
 * What a step of one kind leans on. The proportions mix the dimensions of θ; their sum is how sharply the kind tells abler
 * models from less able ones, 1 for code.
 */
export interface KindItem {
  readonly weights: Readonly<Partial<Record<AbilityDimension, number>>>;
}

/**
 * Assumed mixes, before any outcome is seen. How hard steps of a kind are is not part of them: difficulty has one scale for
 * all kinds (`difficulty-scale.ts`). Failing-test tasks spread models wider than repository issues do (.054 against .044 a
 * point of the index, OpenHands index of 2026-06-30).
 */
export const KIND_ITEMS: Readonly<Record<StepKind, KindItem>> = {
  plan: { weights: { planning: 0.8, language: 0.2 } },
  code: { weights: { coding: 0.6, debugging: 0.25, tools: 0.15 } },
  review: { weights: { review: 0.6, coding: 0.4 } },
  test: { weights: { testing: 0.7, debugging: 0.25, coding: 0.25 } },
  summarize: { weights: { summarizing: 0.6, language: 0.2 } },
  explore: { weights: { tools: 0.6, coding: 0.3 } },
  other: { weights: { planning: 0.3, coding: 0.3, tools: 0.3, language: 0.1 } },
};
