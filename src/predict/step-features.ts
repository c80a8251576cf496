import type { CallTrigger, StepKind } from '../domain/step.ts';
import type { Ratio, Tokens } from '../domain/time.ts';

/**
 * What is known about a step before it is routed, each role apart: the step's own words never mix with the harness's
 * system prompt and tool list, whose size says nothing about the step. Plain JSON, versioned.
 */
export interface StepFeatures {
  readonly v: 1;
  readonly text: string;
  readonly kind: StepKind;
  /** 1 in a planned job; the classifier's confidence in foreign sessions. */
  readonly kindConfidenceRatio: Ratio;
  readonly trigger: CallTrigger;
  readonly evidence: StepEvidence;
  readonly structure: StepStructure;
}

/** What has happened so far in this step and before it. */
export interface StepEvidence {
  /** Errors among the last tool results, newest window of ten. */
  readonly recentErrorCount: number;
  /** The same tool call with the same arguments, repeated within the last ten. */
  readonly repeatedCallCount: number;
  readonly editsToSameFileCount: number;
  readonly testsState: 'unknown' | 'red' | 'green';
  readonly humanCorrectionCount: number;
  readonly callsInStepCount: number;
}

export interface StepStructure {
  readonly position: number;
  readonly plannedStepCount: number | undefined;
  readonly artifactTokens: Tokens;
  readonly requiredToolCount: number;
  readonly requiresWrite: boolean;
  readonly transcriptTokens: Tokens;
}

/** A step in which nothing has happened yet. */
export const NO_EVIDENCE: StepEvidence = {
  recentErrorCount: 0,
  repeatedCallCount: 0,
  editsToSameFileCount: 0,
  testsState: 'unknown',
  humanCorrectionCount: 0,
  callsInStepCount: 0,
};
