import type { StepEvidence } from '../../predict/features/step-features.ts';

/** What a step must show before it is taken from its model while tools still run. Counts are inclusive. */
const EVIDENCE_LIMITS = { recentErrorCount: 5, repeatedCallCount: 4, editsToSameFileCount: 8 } as const;

/** Calls after which none of the errors looked at is older. */
export const CALLS_TO_SHOW: number = EVIDENCE_LIMITS.recentErrorCount;

/** Why the step should be decided again, as a phrase; `undefined`: it goes well enough to stay where it is. */
export function evidenceAgainst(evidence: StepEvidence): string | undefined {
  if (evidence.repeatedCallCount >= EVIDENCE_LIMITS.repeatedCallCount) {
    return `the same call failed the same way ${evidence.repeatedCallCount} times`;
  }
  if (evidence.recentErrorCount >= EVIDENCE_LIMITS.recentErrorCount) {
    return `${evidence.recentErrorCount} errors in the last tool results`;
  }
  if (evidence.editsToSameFileCount >= EVIDENCE_LIMITS.editsToSameFileCount && evidence.testsState === 'red') {
    return `${evidence.editsToSameFileCount} edits of one file with red tests`;
  }
  return undefined;
}
