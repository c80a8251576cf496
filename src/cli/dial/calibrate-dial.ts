import { makeDecision } from '../../decisions/make-decision.ts';
import { dialFactors, streamInputs } from '../../decisions/pool-dial.ts';
import type { Decision } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import { roundNanoUsd, sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { decide } from '../../router/decide.ts';
import { SHIPPED_DIAL_FACTORS } from '../../router/dial.ts';

export interface DialCalibration {
  readonly factors: readonly number[];
  /** Different mixes over the notches. */
  readonly mixCount: number;
  readonly stepCount: number;
  /** At each notch: what the steps are expected to bill, and how many each model takes. */
  readonly notches: readonly { readonly billNanoUsd: NanoUsd; readonly mix: Readonly<Record<string, number>> }[];
}

/**
 * Measures the dial on a pool: labelled steps as the local reader sees them, each in a fresh session, with the success that the
 * catalogue's figures predict. The scale that decisions use by themselves, shown.
 */
export function calibrateDial(policy: RouterPolicy, models: readonly Model[]): DialCalibration {
  const inputs = streamInputs(policy, models);
  const factors = dialFactors(policy, models, decide) ?? SHIPPED_DIAL_FACTORS;
  const decideAt = (factor: number): readonly Decision[] => {
    const dialled = { ...policy, dial: 5, dialFactors: Array.from({ length: 11 }, () => factor) };
    return inputs.map((input) => makeDecision({ ...input, policy: dialled }, { decide, shadows: [] }).decision);
  };
  const notches = factors.map((factor) => notchOf(decideAt(factor)));
  const mixCount = new Set(
    notches.map(({ mix }) => JSON.stringify(Object.entries(mix).sort(([one], [other]) => one.localeCompare(other)))),
  ).size;
  return { factors, mixCount, stepCount: inputs.length, notches };
}

const choiceOf = (decision: Decision): string => (decision.kind === 'refuse' ? 'refused' : decision.to);

function notchOf(decisions: readonly Decision[]): DialCalibration['notches'][number] {
  const mix: Record<string, number> = {};
  for (const decision of decisions) mix[choiceOf(decision)] = (mix[choiceOf(decision)] ?? 0) + 1;
  const bills = decisions.map((decision) => {
    const [row] = decision.candidates;
    return row === undefined ? toNanoUsd(0) : roundNanoUsd(row.billNanoUsd + row.ladderNanoUsd);
  });
  return { billNanoUsd: sumNanoUsd(bills), mix };
}
