import type { DecideInput } from '../domain/decision.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import { SECOND_MS, MINUTE_MS } from '../domain/time.ts';
import type { StepFeatures } from '../predict/features/step-features.ts';
import { USUAL_REQUIREMENTS } from './defaults.ts';

/**
 * What is left of a coding session, whatever it has come to: 557 recorded ones (38,938 calls, see
 * `../warmth/artifacts/RETURNS-CARD.md`) went on for 69 calls in the mean at their start, 70 after 20 and 71 after 80. They come
 * in stretches with a pause longer than a cache lives between them; a compaction takes away what a stretch has added. Calls
 * and tokens are measured; the share of a piece of work that a call is was fitted on the same sessions, whose bills stretches
 * of one length tell too low.
 */
const REST = {
  callCount: 60,
  stretchCount: 4,
  newTokensPerCall: 300,
  outputTokensPerCall: 440,
  pieceRatioPerCall: 0.057,
  gapMs: 20 * SECOND_MS,
  pauseMs: 7 * MINUTE_MS,
} as const;

/** A kind that was guessed at less than this says nothing of the steps to come. */
const KNOWN_KIND_RATIO = 0.5;

/** Whether a session can only be foreseen as more of the same, because what its steps are for is not known. */
export function isUnread({ kind, kindConfidenceRatio }: StepFeatures): boolean {
  return kind === 'other' && kindConfidenceRatio < KNOWN_KIND_RATIO;
}

/**
 * The terminal value of a look-ahead: all that may still come, on whichever models the caches left behind make cheapest. The
 * first stretch follows at once, so that what is written now is read there. Pure.
 */
export function restOfSession(
  step: Pick<DecideInput['step'], 'kind' | 'size'>,
  quality: DecideInput['quality'],
): readonly ForecastStep[] {
  const callCount = REST.callCount / REST.stretchCount;
  const added = callCount * (REST.newTokensPerCall + REST.outputTokensPerCall);
  const size = {
    ...step.size,
    callCount,
    newTokensPerCall: REST.newTokensPerCall,
    outputTokensPerCall: REST.outputTokensPerCall,
    closingTokens: -added,
    pieceRatio: callCount * REST.pieceRatioPerCall,
  };
  return Array.from({ length: REST.stretchCount }, (_, index) => ({
    stepId: undefined,
    kind: step.kind,
    probabilityRatio: 1,
    gapMs: index === 0 ? REST.gapMs : REST.pauseMs,
    callGapMs: REST.gapMs,
    modes: ['continue'],
    size,
    requirements: USUAL_REQUIREMENTS,
    quality,
    checks: [],
    parallelGroup: undefined,
    onlyModels: undefined,
  }));
}
