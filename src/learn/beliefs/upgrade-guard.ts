import type { Ratio } from '../../domain/time.ts';

/**
 * How many upgrades one principal has had beyond its fair rate: a one-sided cumulative sum. Plain JSON; one per principal,
 * kept by the caller.
 */
export interface UpgradeState {
  readonly excess: number;
  readonly decisionCount: number;
  readonly upgradeCount: number;
}

export interface UpgradeBound {
  /** Share of decisions that may be upgraded for good. */
  readonly fairRatio: Ratio;
  /** Upgrades beyond that share before the guard holds. A burst this long is let through. */
  readonly burstCount: number;
}

export const NO_UPGRADES: UpgradeState = { excess: 0, decisionCount: 0, upgradeCount: 0 };
export const DEFAULT_UPGRADE_BOUND: UpgradeBound = { fairRatio: 0.25, burstCount: 8 };

/**
 * Whether a principal may be upgraded once more. Over n decisions no more than `fairRatio`·n + `burstCount` + 1 upgrades pass,
 * whatever the text says and whether or not anybody noticed an attack.
 */
export function mayUpgrade(state: UpgradeState, bound: UpgradeBound = DEFAULT_UPGRADE_BOUND): boolean {
  return state.excess + 1 - bound.fairRatio <= bound.burstCount;
}

/** The state after one decision. Pure. */
export function countDecision(
  state: UpgradeState,
  upgraded: boolean,
  bound: UpgradeBound = DEFAULT_UPGRADE_BOUND,
): UpgradeState {
  return {
    excess: Math.max(0, state.excess + (upgraded ? 1 : 0) - bound.fairRatio),
    decisionCount: state.decisionCount + 1,
    upgradeCount: state.upgradeCount + (upgraded ? 1 : 0),
  };
}
