import type { StepEvidence } from '../features/step-features.ts';

/**
 * How much harder a step has shown itself to be, on the logit scale (0 or less). Assumed sizes, capped at −1.5: a red
 * test or a loop makes success less likely for every model, and it never makes a step look easier than its kind.
 */
export function evidenceShift(evidence: StepEvidence): number {
  const errors = Math.min(4, evidence.recentErrorCount) * 0.1;
  const loops = evidence.repeatedCallCount >= 3 ? 0.4 : 0;
  const churn = evidence.editsToSameFileCount >= 5 ? 0.2 : 0;
  const red = evidence.testsState === 'red' ? 0.3 : 0;
  const corrected = Math.min(3, evidence.humanCorrectionCount) * 0.2;
  const stuck = isStruggling(evidence) ? 0.3 : 0;
  return -Math.min(1.5, errors + loops + churn + red + corrected + stuck);
}

/**
 * Signs of a step that is stuck: the same call five times, an error streak, or many edits of one file, armed only after
 * twelve calls, because about four in ten early loops mend themselves.
 */
function isStruggling(evidence: StepEvidence): boolean {
  if (evidence.callsInStepCount < 12) return false;
  return evidence.repeatedCallCount >= 5 || evidence.recentErrorCount >= 3 || evidence.editsToSameFileCount >= 5;
}
