import type { HarnessTask } from './call.ts';
import type { RouterPolicy } from './router-policy.ts';
import { STEP_KINDS, type StepKind } from './step.ts';
import type { Ratio } from './time.ts';

/** How many calls a step takes: one, a few (2–5), many (6–20) or long (more than 20). */
export const NEED_SIZES = ['one', 'few', 'many', 'long'] as const;
export type NeedSize = (typeof NEED_SIZES)[number];

/**
 * 1: any small model does it · 2: small ones mostly · 3: mid-tier ones mostly · 4: only frontier models mostly · 5: frontier
 * models often fail.
 */
export const DIFFICULTIES = [1, 2, 3, 4, 5] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

/** What a failure costs: 1 minutes · 2 hours, a bad commit · 3 production, security, data, money, health, law. */
export const STAKES = [1, 2, 3] as const;
export type Stakes = (typeof STAKES)[number];

/**
 * Who said so: `declared` the plan, the caller or the harness; `model` a model that the policy asks; `local-encoder` and
 * `local-head` the trained reader with and without its sentence encoder; `followed` taken over from what the words follow.
 */
export const NEED_SOURCES = ['declared', 'model', 'local-encoder', 'local-head', 'followed'] as const;
export type NeedSource = (typeof NEED_SOURCES)[number];

/** One part of a need: a probability per value, in the order of the values' list; they sum to 1. */
export interface NeedPart {
  readonly ratios: readonly Ratio[];
  readonly source: NeedSource;
}

/** What a reading stands on, for people. */
export const NEED_GROUNDS = [
  'words',
  'follow-up',
  'task',
  'green tests',
  'red tests',
  'error',
  'result',
  'tools',
] as const;
export type NeedGround = (typeof NEED_GROUNDS)[number];

/** What a failure is worth at each of the stakes beside the lowest, where a policy says nothing else. Assumed. */
export const STAKES_FACTORS: readonly [number, number, number] = [1, 3, 10];

/** What a failure costs by kind of step, in any one unit, and what it is multiplied by at each of the stakes. */
export interface FailurePrices {
  /** In the order of `STEP_KINDS`. */
  readonly kinds: readonly number[];
  readonly stakes: readonly number[];
}

/** Where no policy is at hand: all kinds alike. */
export const USUAL_PRICES: FailurePrices = { kinds: STEP_KINDS.map(() => 1), stakes: STAKES_FACTORS };

const known = new WeakMap<RouterPolicy, FailurePrices>();

/** Prices of failure as a policy states them, in nano-USD; the same object for the same policy. */
export function failurePricesOf(policy: RouterPolicy): FailurePrices {
  let prices = known.get(policy);
  if (prices === undefined) {
    const kinds = STEP_KINDS.map((kind) => Number(policy.failureNanoUsd[kind]));
    known.set(policy, (prices = { kinds, stakes: policy.stakesFactors ?? STAKES_FACTORS }));
  }
  return prices;
}

/** What a step needs, read once, for every door: probabilities and not verdicts, each part with who said so. Plain JSON. */
export interface StepNeed {
  readonly v: 1;
  readonly kind: NeedPart;
  readonly size: NeedPart;
  readonly difficulty: NeedPart;
  readonly stakes: NeedPart;
  /** Whose call it is: a person's step, the agent going on by itself, or a harness's own call. */
  readonly origin: 'person' | 'agent' | HarnessTask;
  readonly grounds: readonly NeedGround[];
}

/** The four parts that are read, with their values. */
export const NEED_VALUES: {
  readonly kind: typeof STEP_KINDS;
  readonly size: typeof NEED_SIZES;
  readonly difficulty: typeof DIFFICULTIES;
  readonly stakes: typeof STAKES;
} = { kind: STEP_KINDS, size: NEED_SIZES, difficulty: DIFFICULTIES, stakes: STAKES };
export const NEED_PARTS = ['kind', 'size', 'difficulty', 'stakes'] as const;
export type NeedPartName = (typeof NEED_PARTS)[number];

/** A part that somebody who knows has said: all of it on one value. */
export function declaredPart<Part extends NeedPartName>(
  part: Part,
  value: (typeof NEED_VALUES)[Part][number],
): NeedPart {
  return { ratios: NEED_VALUES[part].map((one) => (one === value ? 1 : 0)), source: 'declared' };
}

/** The likeliest value of a part and its probability; the first of equals. */
export function likeliestOf<Part extends NeedPartName>(
  need: StepNeed,
  part: Part,
): { readonly value: (typeof NEED_VALUES)[Part][number]; readonly ratio: Ratio } {
  const { ratios } = need[part];
  let best = 0;
  for (let index = 1; index < ratios.length; index += 1) if ((ratios[index] ?? 0) > (ratios[best] ?? 0)) best = index;
  const values: readonly (typeof NEED_VALUES)[Part][number][] = NEED_VALUES[part];
  const value = values[best] ?? values[0];
  if (value === undefined) throw new RangeError('A part of a need without values');
  return { value, ratio: ratios[best] ?? 0 };
}

/** Mean of a number per value, weighed by how likely each is. */
export function meanOf(part: NeedPart, amounts: readonly number[]): number {
  return part.ratios.reduce((sum, ratio, index) => sum + ratio * (amounts[index] ?? 0), 0);
}

/** What a model said of a step: one value of each part. */
export interface SaidNeed {
  readonly kind: StepKind;
  readonly size: NeedSize;
  readonly difficulty: Difficulty;
  readonly stakes: Stakes;
}

/**
 * What a model of the user's pool said of a step, kept so that the local reader can learn from it. No word of the step is in it, only
 * hashes of its words. Plain JSON.
 */
export interface NeedLabel {
  readonly v: 1;
  readonly said: SaidNeed;
  /** What the local reader said at the time, in the order of each part's values. */
  readonly local: Readonly<Record<NeedPartName, readonly Ratio[]>>;
  /** Who of the local reader spoke. */
  readonly by: 'local-head' | 'local-encoder';
  /** Version of the local reader. Absent: nobody noted it. */
  readonly reader?: string | undefined;
  /** Version of the features below. */
  readonly features: string;
  /** Hashed features of the step, packed, and where each of their groups ends. */
  readonly hashes: string;
  readonly ends: readonly number[];
}
