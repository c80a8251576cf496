import type { Decision, ReasonCode } from '../../domain/decision.ts';

/** Reasons from the most telling to the least; the first that a decision carries is its phrase. */
const ORDER: readonly ReasonCode[] = [
  'override',
  'drawn',
  'check-failed',
  'effort-first',
  'tool-loop',
  'only-eligible',
  'reviewer-family',
  'overhead-guard',
  'family-margin',
  'check-then-escalate',
  'switch-costs-more',
  'switch-pays',
  'needs-ability',
  'warm-prefix',
  'fresh-context',
  'cheapest-overall',
  'first-step',
  'cooldown',
  'future-steps',
];

/** Why a decision fell as it did, in one phrase. Pure. */
export function whyOf(decision: Decision): string {
  if (decision.kind === 'refuse') return decision.hints[0] ?? 'no model is eligible';
  for (const code of ORDER) {
    const reason = decision.reasons.find((one) => one.code === code);
    if (reason !== undefined) return reason.text;
  }
  return decision.kind;
}
