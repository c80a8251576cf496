import type { RouterPolicy } from '../../domain/router-policy.ts';
import { withDial } from '../../policy/with-dial.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { pointsmanPolicy } from './pointsman.ts';

/** Notches of the dial that a report draws: enough to see the curve, few enough to compute in a moment. */
const DIAL_NOTCHES: readonly number[] = [0, 2, 4, 6, 8, 10];

/** Our rule under each of these policies, named by the policy's id. */
export function ourPolicies(policies: readonly RouterPolicy[]): readonly ReplayPolicy[] {
  return policies.map((policy) => pointsmanPolicy({ policy, name: policy.id }));
}

/**
 * The same policy where it owns the plan and may start a step from a brief, named `ID/fresh`. What a fresh context holds, leaves
 * and repeats is assumed, so its row is further from what was measured than any other.
 */
export function freshPolicy(policy: RouterPolicy): ReplayPolicy {
  const fresh = pointsmanPolicy({ policy, name: `${policy.id}/fresh`, modes: ['continue', 'handoff'] });
  return { ...fresh, summary: `${policy.id}, where it may start a step afresh from a brief (sizes assumed).` };
}

/** One policy at six notches of its dial, named `ID/dial-N`; reports draw them as a curve and leave them out of tables. */
export function dialPolicies(policy: RouterPolicy): readonly ReplayPolicy[] {
  return DIAL_NOTCHES.map((dial) =>
    pointsmanPolicy({ policy: withDial(policy, dial), name: `${policy.id}/dial-${dial}` }),
  );
}
