import type { Model } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { StepKind, StepMode } from '../../domain/step.ts';
import type { FreshStart } from './walk.ts';
import type { Workload } from './workload.ts';

/** γ per kind of step. */
export type KindPrices = Readonly<Record<StepKind, NanoUsd>>;

/**
 * A rule that says which model takes each call of a recorded thread. All policies see the same candidates, prices and
 * observed past; one that ignores part of it must ignore it here too. Only the optimum may look at what comes after.
 */
export interface ReplayPolicy {
  /** Stable name, lower case with dashes. */
  readonly name: string;
  /** One sentence for people. */
  readonly summary: string;
  /** Where the rule was published, with date or commit; `baseline` for plain bounds, `pointsman` for ours. */
  readonly source: string;
  /** γ by which the policy itself weighs failure on this pool. A report takes that of the first policy that has one. */
  readonly failureNanoUsd?: (pool: readonly Model[]) => KindPrices;
  /** From which another thread makes the same rule. Absent: only this one can run it. */
  readonly recipe?: PolicyRecipe;
  /** Called once per thread; what it returns is asked once per call, in order. */
  start(work: Workload): ThreadPolicy;
}

/** A rule as plain data: one of ours with all that it is made of, or the name of a published one. */
export type PolicyRecipe =
  | {
      readonly kind: 'ours';
      readonly policy: RouterPolicy;
      readonly name: string | undefined;
      readonly modes: readonly StepMode[] | undefined;
      readonly forecast: 'learned' | 'none' | 'recorded' | undefined;
    }
  | { readonly kind: 'rival'; readonly name: string; readonly seed: number };

export interface ThreadPolicy {
  /** Index into `work.models` of the model that takes call `view.index`. */
  choose(view: PolicyView): number;
  /** Asked after `choose` at the first call of a step: whether the step starts from a fresh context. Absent: never. */
  freshStart?(): FreshStart | undefined;
}

/** What has happened on the way so far. The simulator owns and changes it; policies only read. */
export interface PolicyView {
  readonly work: Workload;
  /** The call to be decided. */
  readonly index: number;
  /** Model of the call before; -1 at the first. */
  readonly incumbent: number;
  /** Reference tokens that the shared transcript lacks of the recorded one, because steps ran in contexts of their own. */
  readonly removedTokens: number;
  /** [models] Latest call that each model took on the shared transcript under this policy; -1 for never. */
  readonly lastUse: Int32Array;
  /** [models] Latest call that each model took in any context, fresh ones too; -1 for never. */
  readonly headUse: Int32Array;
  readonly switchCount: number;
  /** Billed so far under this policy. */
  readonly spentNano: number;
  /** True when this call starts a step. */
  readonly isStepStart: boolean;
}
