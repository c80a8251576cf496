import { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd } from '../domain/money.ts';
import { STEP_KINDS } from '../domain/step.ts';
import { alwaysFrontier, asRecorded, neverSwitch } from './rules/baselines.ts';
import { rivalNamed } from './rules/rivals.ts';
import { DEFAULT_FAILURE_USD } from './simulation/assumptions.ts';
import type { KindPrices, ReplayPolicy } from './simulation/replay-policy.ts';

/**
 * The policies, after those that reports compare to.
 * @throws PointsmanError `request-invalid` for two of one name
 */
export function withBounds(policies: readonly ReplayPolicy[]): readonly ReplayPolicy[] {
  const bounds = [asRecorded, neverSwitch, alwaysFrontier].map(({ name }) => rivalNamed(name, 1));
  const own = policies.filter((policy) => !bounds.some((bound) => bound.name === policy.name));
  const names = new Set(own.map((policy) => policy.name));
  if (names.size !== own.length) {
    throw new PointsmanError('request-invalid', 'Two replay policies have the same name', {
      hint: 'Rename one of them.',
    });
  }
  return [...bounds, ...own];
}

/** What the policies themselves say that a failure costs on this pool. */
export function ownFailures(policies: readonly ReplayPolicy[], pool: readonly Model[]): KindPrices | undefined {
  return policies.find((policy) => policy.failureNanoUsd !== undefined)?.failureNanoUsd?.(pool);
}

export function defaultFailures(): KindPrices {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, nanoFromUsd(DEFAULT_FAILURE_USD[kind])])) as KindPrices;
}
