import { runningBounds } from '../../stats/running-bounds.ts';
import type { GainEstimate } from './off-policy.ts';

/** What a candidate's canary has shown so far. It may be asked as often as one likes. */
export interface TrialVerdict {
  readonly kind: 'better' | 'worse' | 'undecided';
  /** Sessions that the two policies would have led differently. */
  readonly sessionCount: number;
  /** Mean gain of such a session, with bounds that hold at any look. */
  readonly gain: number;
  readonly low: number;
  readonly high: number;
}

/** Of a canary that nobody can judge. */
export const NOTHING_SHOWN: TrialVerdict = {
  kind: 'undecided',
  sessionCount: 0,
  gain: 0,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
};

/** Either verdict is wrong with at most this, however often somebody looks. */
const LEVEL = 0.05;
/** Bounds that stand on large numbers say nothing before. */
const LEAST_SESSIONS = 50;
/** Where candidates that are better by three per cent end, on planted streams. */
const TIGHTEST_AT = 800;

/** @param gains of sessions, as `sessionGains` gives them */
export function judgeTrial(gains: readonly number[]): TrialVerdict {
  const { mean, low, high } = runningBounds(gains, { level: LEVEL, tightestAt: TIGHTEST_AT });
  const isEnough = gains.length >= LEAST_SESSIONS;
  const kind = isEnough && low > 0 ? 'better' : isEnough && high < 0 ? 'worse' : 'undecided';
  return { kind, sessionCount: gains.length, gain: mean, low, high };
}

/** So many sessions in which it did not lose, and a canary may have more of them. */
const WIDE_AFTER = 100;

/** Whether a canary has done well enough to be obeyed in more sessions. What was tried in fewer still counts: each step says how likely its choice was. */
export function mayWiden({ kind, sessionCount, gain }: TrialVerdict): boolean {
  return kind === 'undecided' && sessionCount >= WIDE_AFTER && gain > 0;
}

/** Fewer tries of its own than this, and a policy cannot be judged. */
const LEAST_EFFECTIVE = 30;
/** Of more differing steps than this the records hold no try of either choice, and a model alone would speak. */
const MOST_UNSUPPORTED = 0.1;

/** Why records tell nothing of a candidate; `undefined`: they do. */
export function whyUnknown(estimate: GainEstimate): string | undefined {
  const { stepCount, differingCount, supportedCount, effectiveCount } = estimate;
  const about = `${stepCount} steps, effective sample ${Math.floor(effectiveCount)}`;
  if (differingCount === 0) return `${about}: it would choose as the policy does`;
  if (differingCount - supportedCount > MOST_UNSUPPORTED * differingCount) {
    return `${about}: ${differingCount - supportedCount} of the ${differingCount} steps that it would move were never open to chance`;
  }
  if (effectiveCount < LEAST_EFFECTIVE) return about;
  return undefined;
}
