import { STEP_KINDS } from '../../src/domain/step.ts';
import { hashedVector } from '../../src/predict/embedding/hashed-embedder.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import { softmax } from '../../src/predict/linear-head.ts';
import { evidenceVector } from '../../src/predict/success/evidence-features.ts';
import { predictLinear, RidgeSums } from '../../src/stats/ridge.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { TIERS, type LabelledStep, type Tier } from '../data/twinrouterbench.ts';

const FOLDS = 8;
const SHARPNESS = 7;

/**
 * Tiers of steps from role-separated features, out of fold by group: ridge scores per tier to probabilities, then the tier
 * with the least expected loss. A tier that is too low fails its whole trajectory; one too high only costs its price. Only
 * what a router knows is read: the person's words, the evidence, the position; never the benchmark's name or its length.
 */
export function predictTiers(
  steps: readonly LabelledStep[],
  vectors: readonly Float32Array[],
  failureWeight: number,
): readonly Tier[] {
  const rows = steps.map((step, index) => featuresOf(step, vectors[index] ?? new Float32Array()));
  const columnCount = rows[0]?.length ?? 0;
  const denseCount = columnCount - 512 - 1024;
  const penalties = Float64Array.from({ length: columnCount }, (_, column) => (column < denseCount ? 1 : 6));
  const folds = steps.map((step) => foldOf(step.group, FOLDS, 'trb'));
  const parts = Array.from({ length: FOLDS }, () => new RidgeSums(columnCount, TIERS.length));
  for (const [index, step] of steps.entries()) {
    parts[folds[index] ?? 0]?.add(
      rows[index] ?? [],
      TIERS.map((tier) => (tier === step.tier ? 1 : 0)),
    );
  }
  const total = RidgeSums.total(parts);
  const models = parts.map((part) => total.without(part).solve(penalties));
  return steps.map((_, index) => {
    const model = models[folds[index] ?? 0];
    const scores = TIERS.map((_tier, tier) =>
      model === undefined ? 0 : predictLinear(model, tier, rows[index] ?? []),
    );
    return leastLoss(softmax(scores.map((score) => score * SHARPNESS)), failureWeight);
  });
}

/** Prices relative to the highest tier; being below what was needed costs `failureWeight` of them. */
const TIER_PRICES = [0.05, 0.065, 0.11, 1];

function leastLoss(probabilities: readonly number[], failureWeight: number): Tier {
  const losses = TIERS.map((_, tier) => {
    const below = probabilities.slice(tier + 1).reduce((sum, p) => sum + p, 0);
    return (TIER_PRICES[tier] ?? 1) + failureWeight * below;
  });
  return TIERS[losses.indexOf(Math.min(...losses))] ?? 'high';
}

function featuresOf(step: LabelledStep, vector: Float32Array): Float32Array {
  const features = createStepFeatures({ messages: step.messages, tools: [], transcriptTokens: step.prefixTokens });
  const toolResults = step.messages.filter((message) =>
    message.content.some((part) => part.type === 'tool-result'),
  ).length;
  const inLoop = toolResults > 0 ? 1 : 0;
  const dense = [
    inLoop,
    Math.min(1, toolResults / 8),
    Math.log1p(step.prefixTokens) / 11,
    Math.log1p(features.text.length) / 10,
    features.trigger === 'tool-result' ? 1 : 0,
    features.structure.requiresWrite ? 1 : 0,
    ...evidenceVector(features.evidence),
    ...STEP_KINDS.map((kind) => (features.kind === kind ? 1 : 0)),
    ...STEP_KINDS.map((kind) => (features.kind === kind ? inLoop : 0)),
  ];
  return Float32Array.from([...dense, ...vector, ...hashedVector(features.text)]);
}
