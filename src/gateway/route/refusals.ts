import type { Decision } from '../../domain/decision.ts';
import type { DecisionId } from '../../domain/ids.ts';
import { MINUTE_MS, type At } from '../../domain/time.ts';

export type RefuseDecision = Extract<Decision, { kind: 'refuse' }>;

/**
 * Refusals of the last minute. A caller that tries again and again is refused again and again for the same reasons: the first
 * refusal is recorded with its whole table, the others refer to it and take no place on the disk.
 */
export interface Refusals {
  /** The recorded decision that refused the same caller for the same reasons. `undefined`: this one is the first. */
  sameAs(decision: RefuseDecision, by: { readonly principal: string; readonly now: At }): DecisionId | undefined;
}

const REMEMBERED_MS = MINUTE_MS;
const MAX_COUNT = 1000;

export function createRefusals(): Refusals {
  const known = new Map<string, { readonly decisionId: DecisionId; readonly at: At }>();
  return {
    sameAs({ decisionId, code, policyId, rejected }, { principal, now }) {
      const reasons = rejected.map((row) => [row.model, row.code]);
      const key = JSON.stringify([principal, code, policyId, reasons]);
      const earlier = known.get(key);
      if (earlier !== undefined && Math.abs(now - earlier.at) < REMEMBERED_MS) return earlier.decisionId;
      known.delete(key);
      known.set(key, { decisionId, at: now });
      for (const oldest of known.keys()) {
        if (known.size <= MAX_COUNT) break;
        known.delete(oldest);
      }
      return undefined;
    },
  };
}
