import type { SessionView, StepView } from '../domain/decision.ts';
import type { StepRequirements } from '../domain/forecast.ts';
import { ZERO_USD } from '../domain/money.ts';
import type { Ms } from '../domain/time.ts';

/**
 * Pause between the calls of the step that is decided, where nobody has measured it. `own`: our job runs the tools itself;
 * recorded code, review and exploring steps pause 4.3–5.3 s in the middle (`callGapMs` of the shipped artifact, 2026-11).
 * `foreign`: another harness runs them, and may ask a person in between; what forecasters expect of steps without a figure.
 */
export const CALL_GAP_MS: Readonly<Record<'own' | 'foreign', Ms>> = { own: 5000, foreign: 8000 };

/** A step with tools and text, and nothing else asked for. */
export const USUAL_REQUIREMENTS: StepRequirements = {
  tools: true,
  toolNames: [],
  structuredOutput: false,
  inputModalities: ['text'],
};

/** A session in which nothing has been said, spent or bound. */
export const NEW_SESSION: Omit<SessionView, 'sessionId'> = {
  incumbent: undefined,
  transcriptTokens: 0,
  openToolLoop: false,
  boundTo: undefined,
  spentNanoUsd: ZERO_USD,
  neverSwitchNanoUsd: ZERO_USD,
  switchCount: 0,
  lastEscalationAt: undefined,
  authorFamilies: [],
  risk: 'none',
};

/** A step of a session that somebody else runs: it can only go on with the transcript, unchecked, for the first time. */
export const FOREIGN_STEP: Pick<StepView, 'modes' | 'callGapMs' | 'requirements' | 'checks' | 'tried'> = {
  modes: ['continue'],
  callGapMs: CALL_GAP_MS.foreign,
  requirements: USUAL_REQUIREMENTS,
  checks: [],
  tried: [],
};
