import { describe, expect, test } from 'vitest';
import type { QualityEstimate } from '../../domain/quality.ts';
import { aModel, modelId } from '../../testing/index.ts';
import { withModalities } from './modality-prior.ts';

const FAMILIES = ['gemini', 'gpt', 'claude', 'qwen', 'other'] as const;
const models = FAMILIES.map((family) => aModel({ id: modelId(family), family }));
const estimates = models.map(({ id }): QualityEstimate => ({
  model: id,
  successRatio: 0.7,
  widthRatio: 0.1,
  basis: 'prior',
}));
const ranked = (modalities: Parameters<typeof withModalities>[2]): readonly string[] =>
  withModalities(estimates, models, modalities)
    .toSorted((a, b) => b.successRatio - a.successRatio)
    .map(({ model }) => model);

describe('what a step holds beside text', () => {
  test('moves nothing where there is none', () => {
    expect(withModalities(estimates, models, ['text'])).toBe(estimates);
  });

  test('favours whose family reads it better, and leaves a family that nobody measured where it was', () => {
    expect(ranked(['text', 'video'])).toEqual(['gemini', 'other', 'gpt', 'qwen', 'claude']);
    expect(ranked(['text', 'pdf'])).toEqual(['claude', 'gpt', 'other', 'gemini', 'qwen']);
    const [, , , , other] = withModalities(estimates, models, ['video']);
    expect(other).toMatchObject({ successRatio: 0.7 });
    expect(other).not.toHaveProperty('reading');
  });

  test('is believed less surely of every model, and moved little', () => {
    for (const modality of ['image', 'audio', 'video', 'pdf'] as const) {
      for (const { successRatio, widthRatio } of withModalities(estimates, models, ['text', modality])) {
        expect(widthRatio).toBeGreaterThan(0.1);
        expect(Math.abs(successRatio - 0.7)).toBeLessThan(0.04);
      }
    }
  });

  test('leaves alone what somebody set', () => {
    const set = estimates.map((estimate) => ({ ...estimate, basis: 'override' as const }));
    expect(withModalities(set, models, ['text', 'video'])).toEqual(set);
  });
});
