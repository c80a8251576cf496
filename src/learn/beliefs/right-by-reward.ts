import type { RewardScale } from '../../domain/quality.ts';
import type { Ratio } from '../../domain/time.ts';

/** How right a result was by its reward. `undefined`: there is none, or nobody has said what rewards mean. Pure. */
export function rightByReward(reward: number | undefined, scale: RewardScale | undefined): Ratio | undefined {
  if (reward === undefined || scale === undefined || scale.bad === scale.good) return undefined;
  return Math.min(1, Math.max(0, (reward - scale.bad) / (scale.good - scale.bad)));
}
