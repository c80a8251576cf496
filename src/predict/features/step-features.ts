import type { StepNeed } from '../../domain/need.ts';
import type { CallTrigger, StepKind } from '../../domain/step.ts';
import type { Ratio, Tokens } from '../../domain/time.ts';
import type { StepToRead } from '../need/need-reader.ts';

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
  /** What was declared or read of the step. Absent: nothing but its kind. */
  readonly need?: StepNeed;
  /** What a reader of needs is given. Absent: nothing of the step is to be read. */
  readonly toRead?: StepToRead;
  readonly trigger: CallTrigger;
  readonly evidence: StepEvidence;
  readonly structure: StepStructure;
}

/** What has happened so far in this step and before it. */
export interface StepEvidence {
  /** Failed runs among the last ten tool results since the newest person's turn or green test run. */
  readonly recentErrorCount: number;
  /** The same call with the same failing result among those ten, with no change in between; 0 when none repeats. */
  readonly repeatedCallCount: number;
  /** Edits of one file among the last thirty of them. */
  readonly editsToSameFileCount: number;
  /** How the newest test run since the person's turn ended. */
  readonly testsState: 'unknown' | 'red' | 'green';
  readonly humanCorrectionCount: number;
  readonly callsInStepCount: number;
}

export interface StepStructure {
  readonly position: number;
  readonly plannedStepCount: number | undefined;
  readonly artifactTokens: Tokens;
  readonly requiredToolCount: number;
  /** Tool servers that it must work with, or works with already, where it is known how models do with them. */
  readonly toolServers?: readonly string[];
  readonly requiresWrite: boolean;
  readonly transcriptTokens: Tokens;
}

/** The same step as if nobody had said anything of it. */
export function withoutWords(said: StepFeatures): StepFeatures {
  const { need: _, toRead: __, ...features } = said;
  return { ...features, text: '' };
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
