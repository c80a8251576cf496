import type { Root } from './roots.ts';

/** What a search says of the cheapest plan for the steps to come. */
export interface FoundPlan {
  readonly nanoUsd: number;
  readonly stateCount: number;
  /** True: every plan costs at least this, and none was looked for beyond it. */
  readonly isAtLeast: boolean;
}

/**
 * The cheapest rest of the plan from a root, as long as no more than so many states are visited; `undefined` past that. Plans
 * that cost `limitNanoUsd` or more are of no interest: where there is none below it, the answer is that limit.
 */
export type RootSearch = (root: Root, maxStates: number, limitNanoUsd?: number) => FoundPlan | undefined;
