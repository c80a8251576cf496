import { VERIFIER_NAMES, type BetaCounts, type Verifier } from '../domain/quality.ts';
import type { Ratio } from '../domain/time.ts';
import { approximateBetaQuantile } from '../stats/approximate-beta-quantile.ts';

/** What is believed of a check that judges a step, and what its ladders were planned with. Pure. */
export function checkPhrase(check: Verifier, pessimism: Ratio): string {
  const { kind, sensitivity, falseAlarm } = check;
  const planned = `${percent(approximateBetaQuantile(sensitivity, pessimism))} and ${percent(approximateBetaQuantile(falseAlarm, 1 - pessimism))}`;
  const other =
    check.atFamily === undefined ? '' : `; of ${check.atFamily.family} it is ${VERIFIER_NAMES[check.atFamily.kind]}`;
  return (
    `Checked by ${VERIFIER_NAMES[kind]}: believed to catch ${percent(mean(sensitivity))} of what is wrong and to refuse ` +
    `${percent(mean(falseAlarm))} of what is right; planned with ${planned}${other}.`
  );
}

function mean({ yes, no }: BetaCounts): Ratio {
  return yes / (yes + no);
}

function percent(ratio: Ratio): string {
  return `${Math.round(100 * ratio)} %`;
}
