import type { StepKind } from '../domain/step.ts';

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
 * How a step of one kind is answered, in item-response form: P(success) = σ(Σ a_d·(θ_d − b)).
 * `weights` are the a_d; `difficulty` is b, on the scale of θ (0 = a mid-2026 mid-field model).
 */
export interface KindItem {
  readonly weights: Readonly<Partial<Record<AbilityDimension, number>>>;
  readonly difficulty: number;
}

/**
 * Assumed shape of each kind before any outcome is seen. `code` and `test` are set so that a mid-field model solves what
 * it solves on repository issues and failing-test tasks (OpenHands index of 2026-06-30: about 0.74 and 0.68); the other
 * kinds are easier, because a weak plan or summary is rarely a lost job.
 */
export const KIND_ITEMS: Readonly<Record<StepKind, KindItem>> = {
  plan: { weights: { planning: 0.8, language: 0.2 }, difficulty: -1.9 },
  code: { weights: { coding: 0.6, debugging: 0.25, tools: 0.15 }, difficulty: -1.1 },
  review: { weights: { review: 0.6, coding: 0.4 }, difficulty: -1.4 },
  test: { weights: { testing: 0.8, debugging: 0.3, coding: 0.3 }, difficulty: -0.7 },
  summarize: { weights: { summarizing: 0.6, language: 0.2 }, difficulty: -3.6 },
  explore: { weights: { tools: 0.6, coding: 0.3 }, difficulty: -2.4 },
  other: { weights: { planning: 0.3, coding: 0.3, tools: 0.3, language: 0.1 }, difficulty: -1.7 },
};
