import type { Decision } from '../../domain/decision.ts';
import type { DecisionId, ModelId } from '../../domain/ids.ts';
import { MINUTE_MS, type At } from '../../domain/time.ts';

export type RefuseDecision = Extract<Decision, { kind: 'refuse' }>;

/** How a call ended that no model answered. */
export interface FailedDecision {
  readonly decisionId: DecisionId;
  readonly policyId: string;
  readonly model: ModelId;
  /** Its code, or the vendor's status. */
  readonly why: string;
}

/**
 * Refusals and failures of the last minute. A caller that tries again and again is refused again and again for the same reasons:
 * the first refusal is recorded with its whole table, the others refer to it and take no place on the disk.
 */
export interface Refusals {
  /** The recorded decision that refused the same caller for the same reasons. `undefined`: this one is the first. */
  sameAs(decision: RefuseDecision, by: { readonly principal: string; readonly now: At }): DecisionId | undefined;
  /** The same for a call that its models failed alike. */
  sameFailure(failed: FailedDecision, by: { readonly principal: string; readonly now: At }): DecisionId | undefined;
}

const REMEMBERED_MS = MINUTE_MS;
const MAX_COUNT = 1000;

export function createRefusals(): Refusals {
  const known = new Map<string, { readonly decisionId: DecisionId; readonly at: At }>();
  const earlierOf = (key: string, decisionId: DecisionId, now: At): DecisionId | undefined => {
    const earlier = known.get(key);
    if (earlier !== undefined && Math.abs(now - earlier.at) < REMEMBERED_MS) return earlier.decisionId;
    known.delete(key);
    known.set(key, { decisionId, at: now });
    for (const oldest of known.keys()) {
      if (known.size <= MAX_COUNT) break;
      known.delete(oldest);
    }
    return undefined;
  };
  return {
    sameAs({ decisionId, code, policyId, rejected }, { principal, now }) {
      const reasons = rejected.map((row) => [row.model, row.code]);
      return earlierOf(JSON.stringify([principal, code, policyId, reasons]), decisionId, now);
    },
    sameFailure: ({ decisionId, policyId, model, why }, { principal, now }) =>
      earlierOf(JSON.stringify([principal, policyId, model, why]), decisionId, now),
  };
}
