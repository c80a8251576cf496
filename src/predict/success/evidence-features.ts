import type { Ratio } from '../../domain/time.ts';
import type { StepEvidence } from '../features/step-features.ts';
import { sigmoid } from './item-response.ts';

/** Names of the numbers that the struggle classifier reads, in order. */
export const EVIDENCE_FEATURES = ['errors', 'repeats', 'same-file edits', 'red tests', 'corrections', 'calls'] as const;

/** Evidence as numbers of about 0…1, capped so that no single sign can outweigh the rest. Pure. */
export function evidenceVector(evidence: StepEvidence): readonly number[] {
  return [
    Math.min(1, evidence.recentErrorCount / 5),
    Math.min(1, evidence.repeatedCallCount / 5),
    Math.min(1, evidence.editsToSameFileCount / 8),
    evidence.testsState === 'red' ? 1 : 0,
    Math.min(1, evidence.humanCorrectionCount / 4),
    Math.min(1, Math.log1p(evidence.callsInStepCount) / Math.log1p(80)),
  ];
}

/** Chance that a session with this evidence fails, by a trained classifier. */
export function struggleRatio(
  struggle: { readonly weights: readonly number[]; readonly intercept: number },
  evidence: StepEvidence,
): Ratio {
  const vector = evidenceVector(evidence);
  return sigmoid(
    struggle.weights.reduce((sum, weight, index) => sum + weight * (vector[index] ?? 0), struggle.intercept),
  );
}
