import { VERIFIER_NAMES, type Verifier } from '../../domain/quality.ts';
import type { Ratio } from '../../domain/time.ts';
import { approximateBetaQuantile } from '../../stats/approximate-beta-quantile.ts';
import { betaMean } from '../../stats/beta-posterior.ts';

/** What is believed of a check that judges a step, and what its ladders were planned with. Pure. */
export function checkPhrase(check: Verifier, pessimism: Ratio): string {
  const { kind, sensitivity, falseAlarm } = check;
  const planned = `${percent(approximateBetaQuantile(sensitivity, pessimism))} and ${percent(approximateBetaQuantile(falseAlarm, 1 - pessimism))}`;
  const other =
    check.atFamily === undefined ? '' : `; of ${check.atFamily.family} it is ${VERIFIER_NAMES[check.atFamily.kind]}`;
  return (
    `Checked by ${VERIFIER_NAMES[kind]}: believed to catch ${percent(betaMean(sensitivity))} of what is wrong and to refuse ` +
    `${percent(betaMean(falseAlarm))} of what is right; planned with ${planned}${other}.`
  );
}

function percent(ratio: Ratio): string {
  return `${Math.round(100 * ratio)} %`;
}
