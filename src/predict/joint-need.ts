import type { NeedPart, NeedPartName, StepNeed } from '../domain/need.ts';
import type { Ratio } from '../domain/time.ts';
import usual from './artifacts/usual-steps.json' with { type: 'json' };
import { ofNeed } from './need/newest-needs.ts';

/** Values of each part, and how far apart they stand in a joint need: kind, difficulty, stakes, size. */
const AXES: readonly { readonly part: NeedPartName; readonly count: number; readonly stride: number }[] = [
  { part: 'kind', count: 7, stride: 60 },
  { part: 'difficulty', count: 5, stride: 12 },
  { part: 'stakes', count: 3, stride: 4 },
  { part: 'size', count: 4, stride: 1 },
];
const CELL_COUNT = 420;

/** P(kind, difficulty, stakes, size), the last running fastest; sums to 1. */
export type JointNeed = Float64Array;

/** How far one part of a reading is believed. */
export interface PartTrust {
  /** The power that its likelihoods are taken to. */
  readonly sharpness: number;
  /** P(the reading says nothing of the part). */
  readonly missRatio: Ratio;
}

export interface ReadingTrust {
  readonly parts: Readonly<Record<NeedPartName, PartTrust>>;
  /** P(the reading says nothing of difficulty, stakes and size together, as of words whose point lies outside them). */
  readonly missRatio: Ratio;
}

/**
 * Trust in local readings: fitted by the log loss of all four parts together on 5,054 labelled steps, each read by a reader
 * that had not seen its author (2026-11-29). `evals/need/fit-joint.ts` counts the shares of usual steps and fits it anew.
 */
export const LOCAL_TRUST: ReadingTrust = usual.trust;

/**
 * Trust in what a model said: it was turned into what is so when careful readers say it (`asking/said-need.ts`), and a small model is one
 * less often. Assumed.
 */
const SAID: PartTrust = { sharpness: 1, missRatio: 0.02 };
const MODEL_TRUST: ReadingTrust = {
  parts: { kind: SAID, difficulty: SAID, stakes: SAID, size: SAID },
  missRatio: 0.02,
};

const USUAL = Float64Array.from(usual.shares);
const USUAL_PARTS = new Map(AXES.map(({ part }) => [part, marginal(USUAL, part)]));

const joints = new Map<StepNeed, JointNeed>();

/**
 * The parts of a need together. They are read one by one, but they hang together: hard steps are long and rarely harmless, a
 * summary is rarely either. And a reading may miss the step altogether: then it is as steps usually are, so that no reading is
 * ever sure enough to bet a grave step on. What somebody declared is taken as it is. Pure.
 */
export function jointNeed(need: StepNeed): JointNeed {
  return ofNeed(joints, need, { make: () => joinParts(need, trustIn(need)) });
}

function trustIn({ difficulty, stakes }: StepNeed): ReadingTrust {
  return difficulty.source === 'model' || stakes.source === 'model' ? MODEL_TRUST : LOCAL_TRUST;
}

/** The same with another trust in what was read. Pure. */
export function joinParts(need: StepNeed, trust: ReadingTrust): JointNeed {
  const likelihoods = AXES.map(({ part }) => likelihoodsOf(need[part], part, trust.parts[part]));
  const read = posterior(likelihoods);
  const isMissable = (['difficulty', 'stakes', 'size'] as const).some((part) => need[part].source !== 'declared');
  if (!isMissable || trust.missRatio <= 0) return read;
  const missed = posterior(
    AXES.map(({ part }, axis) =>
      part === 'kind' || need[part].source === 'declared' ? (likelihoods[axis] ?? []) : undefined,
    ),
  );
  for (let cell = 0; cell < CELL_COUNT; cell += 1)
    read[cell] = (1 - trust.missRatio) * (read[cell] ?? 0) + trust.missRatio * (missed[cell] ?? 0);
  return read;
}

/** The least that a reading leaves of a value. */
const LEAST_RATIO = 1e-9;

/** How much likelier the reading makes each value than it usually is; what was declared, as it was. */
function likelihoodsOf({ ratios, source }: NeedPart, part: NeedPartName, trust: PartTrust): readonly number[] {
  if (source === 'declared') return ratios;
  const usually = USUAL_PARTS.get(part) ?? [];
  return usually.map(
    (share, value) =>
      (1 - trust.missRatio) * (Math.max(LEAST_RATIO, ratios[value] ?? 0) / share) ** trust.sharpness + trust.missRatio,
  );
}

/** Usual steps times the likelihoods of each axis, `undefined` where nothing is known. */
function posterior([kinds, difficulties, stakes, sizes]: readonly (readonly number[] | undefined)[]): JointNeed {
  const joint = new Float64Array(CELL_COUNT);
  let sum = 0;
  for (let k = 0, cell = 0; k < 7; k += 1) {
    const ofKind = at(kinds, k);
    for (let d = 0; d < 5; d += 1) {
      const ofDifficulty = ofKind * at(difficulties, d);
      for (let s = 0; s < 3; s += 1) {
        const ofStakes = ofDifficulty * at(stakes, s);
        for (let z = 0; z < 4; z += 1, cell += 1) {
          sum += joint[cell] = ofStakes * at(sizes, z) * (USUAL[cell] ?? 0);
        }
      }
    }
  }
  for (let cell = 0; cell < CELL_COUNT; cell += 1) joint[cell] = (joint[cell] ?? 0) / sum;
  return joint;
}

function at(own: readonly number[] | undefined, value: number): number {
  return own === undefined ? 1 : (own[value] ?? 0);
}

/** The same need with parts that agree with one another, as far as they are believed; who said what stays. */
export function agreedNeed(need: StepNeed): StepNeed {
  const joint = jointNeed(need);
  const parts = AXES.map(({ part }) => [part, { ...need[part], ratios: marginal(joint, part) }] as const);
  return { ...need, ...Object.fromEntries(parts) };
}

function marginal(joint: JointNeed, part: NeedPartName): readonly Ratio[] {
  const axis = AXES.find((one) => one.part === part);
  if (axis === undefined) return [];
  const sums = Array.from({ length: axis.count }, () => 0);
  // Values come in runs as long as the axis is wide.
  for (let cell = 0, value = 0; cell < CELL_COUNT; value = value + 1 === axis.count ? 0 : value + 1) {
    let sum = sums[value] ?? 0;
    for (const end = cell + axis.stride; cell < end; cell += 1) sum += joint[cell] ?? 0;
    sums[value] = sum;
  }
  return sums;
}
