import { ZERO_USD } from '../../domain/money.ts';
import type { Verifier, VerifierKind } from '../../domain/quality.ts';

/** How often a check fails what is wrong, and what is right. */
export type VerifierRates = Pick<Verifier, 'sensitivity' | 'falseAlarm'>;

/** Little is known of it, and that little is held with little weight: optimism is what loses money. */
const WIDE: VerifierRates = { sensitivity: { yes: 2, no: 2 }, falseAlarm: { yes: 1, no: 4 } };

/**
 * Error rates that are believed of each check until others are learned. A repository's existing tests were measured on 500
 * real changes each of three models: they catch .19 to .24 of the wrong ones and alarm at none of the right ones; believing
 * .8/.2 of them made ladders 5 % dearer than the best single model (2026-11). A test that was red before the change, or that
 * the user names, says more; what an agent's own tests say of hidden ones is no better than chance (AUC .50).
 */
export const VERIFIER_PRIORS: Readonly<Record<VerifierKind, VerifierRates>> = {
  tests: { sensitivity: { yes: 5, no: 5 }, falseAlarm: { yes: 1, no: 9 } },
  'named-tests': { sensitivity: { yes: 8, no: 2 }, falseAlarm: { yes: 2, no: 8 } },
  'own-tests': { sensitivity: { yes: 1, no: 9 }, falseAlarm: { yes: 1, no: 9 } },
  // Models write such tests for .83 to .92 of faults, and executed they double the precision of who wrote them (arXiv 2406.12952,
  // 2026-11); their own rates nobody has published.
  'reproduction-other-family': { sensitivity: { yes: 3, no: 1 }, falseAlarm: { yes: 1, no: 4 } },
  'reproduction-own-family': { sensitivity: { yes: 3, no: 2 }, falseAlarm: { yes: 1, no: 4 } },
  types: WIDE,
  lint: WIDE,
  build: WIDE,
  schema: WIDE,
  // Published judges of patches reach about .72/.28.
  'review-other-family': { sensitivity: { yes: 3, no: 1 }, falseAlarm: { yes: 1, no: 3 } },
  'review-same-family': WIDE,
  person: { sensitivity: { yes: 3, no: 1 }, falseAlarm: { yes: 1, no: 4 } },
};

/** A test that a model of one family wrote for a fault, with the prior error rates. */
export function reproductionBy(family: string): Verifier {
  const [kind, own] = ['reproduction-other-family', 'reproduction-own-family'] as const;
  return {
    id: kind,
    kind,
    ...VERIFIER_PRIORS[kind],
    atFamily: { family, kind: own },
    byFamily: { [family]: VERIFIER_PRIORS[own] },
    costNanoUsd: ZERO_USD,
  };
}

/** The project's tests with the prior error rates. */
export const TESTS: Verifier = { id: 'tests', kind: 'tests', ...VERIFIER_PRIORS.tests, costNanoUsd: ZERO_USD };
