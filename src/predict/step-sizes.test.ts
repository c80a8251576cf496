import { expect, test } from 'vitest';
import { STEP_KINDS } from '../domain/step.ts';
import { createStepFeatures } from './features/create-step-features.ts';
import type { StepFeatures } from './features/step-features.ts';
import { shippedArtifact } from './shipped-artifact.ts';
import { KIND_SIZES, sizeOf, sizesFrom, pieceRatioOf } from './step-sizes.ts';

const { forecast } = shippedArtifact();
if (forecast === undefined) throw new Error('The shipped artifact holds no forecast.');
const learned = sizesFrom(forecast);

function features(plannedStepCount: number | undefined): StepFeatures {
  const made = createStepFeatures({ messages: [], tools: [], transcriptTokens: 0, kind: 'code' });
  return { ...made, structure: { ...made.structure, plannedStepCount } };
}

test('a step cut out of a session is the share of a piece of work that its calls are', () => {
  const { callCount, pieceRatio } = sizeOf(features(undefined), learned);
  expect(callCount).toBeLessThan(KIND_SIZES.code.callCount / 2);
  expect(pieceRatio).toBeCloseTo(callCount / KIND_SIZES.code.callCount, 12);
});

test('a planned step is a whole piece of work, however sessions are cut', () => {
  const size = sizeOf(features(5), learned);
  expect(size.callCount).toBe(KIND_SIZES.code.callCount);
  expect(size.pieceRatio ?? 1).toBe(1);
});

test('no share is more than the whole', () => {
  for (const kind of STEP_KINDS) expect(pieceRatioOf(kind, 1000)).toBe(1);
});
