import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { OffPolicyEstimate } from './off-policy.ts';

const lockSchema = z.strictObject({
  v: z.literal(1),
  policyId: z.string(),
  policyVersion: z.int().nonnegative(),
  predictor: z.string(),
  /** Who looked at it; empty while nobody has. */
  reviewedBy: z.string(),
  asOf: z.string(),
  evidence: z.strictObject({
    value: z.number(),
    low: z.number(),
    high: z.number(),
    against: z.number(),
    effectiveCount: z.number(),
  }),
});

/** Which learned policy is in force and on what evidence. A file in the repository, so that it is reviewed like code. */
export interface PolicyLock {
  readonly v: 1;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly predictor: string;
  readonly reviewedBy: string;
  readonly asOf: string;
  readonly evidence: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly against: number;
    readonly effectiveCount: number;
  };
}

/** Fewer effective decisions than this promote nothing, however good they look. */
const LEAST_EFFECTIVE_COUNT = 100;

export type Promotion = { readonly kind: 'promote' } | { readonly kind: 'keep'; readonly why: string };

/** A new policy takes over only when the lower bound of what it would have earned beats what the old one did earn. Pure. */
export function judgePromotion(estimate: OffPolicyEstimate, oldReward: number, reviewedBy: string): Promotion {
  if (reviewedBy.trim() === '') return { kind: 'keep', why: 'Nobody has reviewed the lock file.' };
  if (estimate.effectiveCount < LEAST_EFFECTIVE_COUNT) {
    return {
      kind: 'keep',
      why: `Only ${estimate.effectiveCount.toFixed(0)} decisions' worth of evidence; ${LEAST_EFFECTIVE_COUNT} are needed.`,
    };
  }
  if (estimate.low <= oldReward) {
    return { kind: 'keep', why: `Its lower bound ${estimate.low.toFixed(4)} does not beat ${oldReward.toFixed(4)}.` };
  }
  return { kind: 'promote' };
}

export function writePolicyLock(lock: PolicyLock): string {
  return `${canonicalJson(lock)}\n`;
}

/** @throws PointsmanError `policy-invalid` */
export function parsePolicyLock(text: string, file = 'policy.lock.json'): PolicyLock {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new PointsmanError('policy-invalid', `${file} is not a policy lock file`, {
      cause: thrown,
      mend: 'Restore it from version control, or promote the policy again.',
    });
  }
}
