import type { ModelId } from './ids.ts';
import type { Modality } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { StepMode } from './step.ts';
import type { Ratio } from './time.ts';

/** Calibrated P(success) of one model at one step in `continue` mode, before any hand-off drift. */
export interface QualityEstimate {
  readonly model: ModelId;
  readonly successRatio: Ratio;
  /** One standard deviation of what is believed about `successRatio`. */
  readonly widthRatio: Ratio;
  /** `override`: the caller said so. */
  readonly basis: 'prior' | 'learned' | 'override';
  /** What records have taught moved it: what it was without, and by how many logits. Absent: nothing was learned of it. */
  readonly learned?: { readonly plainRatio: Ratio; readonly logit: number };
  /** The step's words moved it: by which gate, on what evidence, and what it was without them. */
  readonly words?: { readonly gate: string; readonly why: string; readonly plainRatio: Ratio };
  /** What its input holds beside text moved it, and what it was without. */
  readonly reading?: { readonly modalities: readonly Modality[]; readonly plainRatio: Ratio };
}

/** What changing family or context costs in P(success). Additive; learned per pair, prior 0.02 across families. */
export interface HandoffDrift {
  /** A family, or `any`. */
  readonly fromFamily: string;
  /** A family, or `any`. */
  readonly toFamily: string;
  readonly mode: StepMode | 'any';
  readonly lossRatio: Ratio;
}

/** Counts of a yes/no rate: Beta(yes, no), priors included. */
export interface BetaCounts {
  readonly yes: number;
  readonly no: number;
}

/**
 * What a check goes by, each with error rates of its own. `tests`: those that were there and green before. `named-tests`: those that
 * were red before and that the task or the plan wants green. `reproduction-…`: one that was written for a fault, was red before
 * and must be green after, by a model of the author's family or of another. `own-tests`: what an author wrote beside the change.
 */
export const VERIFIER_KINDS = [
  'tests',
  'named-tests',
  'reproduction-own-family',
  'reproduction-other-family',
  'own-tests',
  'types',
  'lint',
  'build',
  'schema',
  'review-same-family',
  'review-other-family',
  'person',
] as const;
export type VerifierKind = (typeof VERIFIER_KINDS)[number];

/** As a person reads them. */
export const VERIFIER_NAMES: Readonly<Record<VerifierKind, string>> = {
  tests: 'tests: existing',
  'named-tests': 'tests: red before and named',
  'reproduction-own-family': 'tests: reproduction (own family)',
  'reproduction-other-family': 'tests: reproduction (other family)',
  'own-tests': "tests: the author's own",
  types: 'types',
  lint: 'lint',
  build: 'build',
  schema: 'schema',
  'review-same-family': 'review (same family)',
  'review-other-family': 'review (other family)',
  person: 'person',
};

/** A check of a step's result, with honest error rates. */
export interface Verifier {
  readonly id: string;
  readonly kind: VerifierKind;
  /** P(reject | the result is wrong). Priors: `verifier-priors.ts`. */
  readonly sensitivity: BetaCounts;
  /** P(reject | the result is right). */
  readonly falseAlarm: BetaCounts;
  readonly costNanoUsd: NanoUsd;
  /** Results of this family it judges as a check of another kind, as one by its own family does. */
  readonly atFamily?: { readonly family: string; readonly kind: VerifierKind };
  /** Rates at results of one model family, where they were learned; for the others the general ones hold. */
  readonly byFamily?: Readonly<Record<string, Pick<Verifier, 'sensitivity' | 'falseAlarm'>>>;
}

/** What rewards mean, as whoever gives them declares it: which is as bad as failing, and which as good as can be. Either may be the larger. */
export interface RewardScale {
  readonly bad: number;
  readonly good: number;
}

/** What a step counts at most in a reward, whatever it billed and however long it took: one that went wrong is not to drown all others. */
export interface RewardCaps {
  readonly usd: number;
  readonly minutes: number;
}

/** Hardly a step is meant to take more. */
export const REWARD_CAPS: RewardCaps = { usd: 10, minutes: 240 };
