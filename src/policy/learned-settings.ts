import { roundNanoUsd } from '../domain/money.ts';
import type { LearnedSettings, RouterPolicy } from '../domain/router-policy.ts';
import { STEP_KINDS } from '../domain/step.ts';

/** The policy with what was learned of it: what learning does not name stays as the file has it. Pure. */
export function withLearned(policy: RouterPolicy, settings: LearnedSettings): RouterPolicy {
  const { dial, failureFactors, stakesFactors, frontierPenaltyRatio, maxRungs, denyModels } = settings;
  const denied = new Set([...policy.denyModels, ...(denyModels ?? [])]);
  return {
    ...policy,
    ...(dial === undefined ? {} : { dial }),
    ...(frontierPenaltyRatio === undefined ? {} : { frontierPenaltyRatio }),
    ...(stakesFactors === undefined ? {} : { stakesFactors }),
    ...(failureFactors === undefined ? {} : { failureNanoUsd: scaled(policy.failureNanoUsd, failureFactors) }),
    ...(maxRungs === undefined ? {} : { ladder: { ...policy.ladder, maxRungs } }),
    denyModels: [...denied],
  };
}

function scaled(
  prices: RouterPolicy['failureNanoUsd'],
  factors: NonNullable<LearnedSettings['failureFactors']>,
): RouterPolicy['failureNanoUsd'] {
  const rows = STEP_KINDS.map((kind) => [kind, roundNanoUsd(prices[kind] * (factors[kind] ?? 1))] as const);
  return Object.fromEntries(rows) as unknown as RouterPolicy['failureNanoUsd'];
}

/** One setting a line, as people read it; nothing for a setting that is not named. */
export function settingLines(settings: LearnedSettings): readonly string[] {
  const { dial, failureFactors = {}, stakesFactors, frontierPenaltyRatio, maxRungs, denyModels = [] } = settings;
  return [
    ...(dial === undefined ? [] : [`dial: ${dial}`]),
    ...Object.entries(failureFactors).map(([kind, factor]) => `failureUsd of ${kind} steps times ${factor}`),
    ...(stakesFactors === undefined ? [] : [`stakesFactors: ${stakesFactors.join(', ')}`]),
    ...(frontierPenaltyRatio === undefined ? [] : [`frontierPenaltyRatio: ${frontierPenaltyRatio}`]),
    ...(maxRungs === undefined ? [] : [`ladder.maxRungs: ${maxRungs}`]),
    ...denyModels.map((model) => `without ${model}`),
  ];
}
