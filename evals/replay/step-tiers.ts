import type { Ratio } from '../../src/domain/time.ts';

/** One step with the tier it needs and the one it was given; tiers count from 0, the weakest. */
export interface TieredStep {
  /** Steps of one trajectory stand or fall together. */
  readonly trajectory: string;
  readonly needed: number;
  readonly given: number;
  /** Bill of the step at the given tier and at the highest one, in any one unit. */
  readonly cost: number;
  readonly costAtTop: number;
}

export interface TierScores {
  /** Share of steps whose tier was enough. */
  readonly rowPass: Ratio;
  /** Share of steps with exactly the tier they need. */
  readonly exact: Ratio;
  /** Share of trajectories of which every step had enough. */
  readonly trajectoryPass: Ratio;
  /** What was saved against always the highest tier, whether or not the work succeeded. */
  readonly costSave: number;
  /** The same where a failed trajectory saves nothing and still costs what it cost; below 0 is worse than always the highest. */
  readonly costSaveFailureAware: number;
  /** Mean of row pass, exact, trajectory pass and the failure-aware saving. */
  readonly combined: number;
}

/**
 * The static scores of TwinRouterBench. All are `undefined` together, as no result, for no steps.
 * Source: CommonstackAI/TwinRouterBench, static scorer and cost variant E, read 2026-11-21.
 */
export function tierScores(steps: readonly TieredStep[]): TierScores | undefined {
  if (steps.length === 0) return undefined;
  const failed = new Set(steps.filter((step) => step.given < step.needed).map((step) => step.trajectory));
  const trajectories = new Set(steps.map((step) => step.trajectory));
  let passed = 0;
  let exact = 0;
  let top = 0;
  let cost = 0;
  let saved = 0;
  for (const step of steps) {
    passed += step.given >= step.needed ? 1 : 0;
    exact += step.given === step.needed ? 1 : 0;
    top += step.costAtTop;
    cost += step.cost;
    saved += failed.has(step.trajectory) ? -step.cost : step.costAtTop - step.cost;
  }
  const rowPass = passed / steps.length;
  const exactRatio = exact / steps.length;
  const trajectoryPass = 1 - failed.size / trajectories.size;
  const costSaveFailureAware = top === 0 ? 0 : saved / top;
  return {
    rowPass,
    exact: exactRatio,
    trajectoryPass,
    costSave: top === 0 ? 0 : 1 - cost / top,
    costSaveFailureAware,
    combined: (rowPass + exactRatio + trajectoryPass + costSaveFailureAware) / 4,
  };
}
