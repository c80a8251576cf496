import type { StepId } from '../domain/ids.ts';
import { sumNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import type { CaseFile } from './case-file.ts';
import { followTerms } from './follow-terms.ts';
import { fromPeople, readCourse } from './read-course.ts';
import type { Cause, Suspicion } from './suspicion.ts';
import { findTrouble, isBad } from './trouble.ts';

/** What most likely made a job fail. */
export type Autopsy = {
  readonly id: string;
  /** Other readings of the record, the likeliest first. */
  readonly others: readonly Blame[];
  /** What refused and failed tries billed. */
  readonly wastedNanoUsd: NanoUsd;
} & (
  | ({ readonly kind: 'blamed' } & Blame)
  /** Nothing went wrong that is recorded, or nothing tells what did. */
  | { readonly kind: 'nothing-wrong' | 'cannot-tell'; readonly why: string }
);

export interface Blame {
  readonly stepId: StepId;
  readonly cause: Cause;
  readonly confidenceRatio: Ratio;
  readonly evidence: readonly string[];
  readonly change: string;
}

/** Less than this is a guess. */
const LEAST_WEIGHT: Ratio = 0.5;
/** Two readings as close as this cannot be told apart. */
const LEAST_MARGIN: Ratio = 0.06;
/** What a second piece of evidence for the same adds, of what is left to certainty. */
const MORE: Ratio = 0.25;

/** Reads what was recorded of a job. Pure. */
export function examine(file: CaseFile): Autopsy {
  const wastedNanoUsd = sumNanoUsd(file.attempts.filter(isBad).map(({ billNanoUsd }) => billNanoUsd));
  const base = { id: file.id, wastedNanoUsd };
  const trouble = findTrouble(file);
  const people = fromPeople(file);
  if (trouble === undefined && people === undefined)
    return {
      ...base,
      kind: 'nothing-wrong',
      others: [],
      why: 'No try was refused, no call ended a step, and nobody has complained.',
    };
  const suspicions = [
    ...(people === undefined ? [] : [people]),
    ...(trouble === undefined ? [] : [...followTerms(file, trouble), ...readCourse(file, trouble)]),
  ];
  return { ...base, ...weighSuspicions(suspicions, trouble?.attempt.stepId ?? file.attempts.at(-1)?.stepId) };
}

type WithoutBase = Autopsy extends infer One
  ? One extends Autopsy
    ? Omit<One, 'id' | 'wastedNanoUsd'>
    : never
  : never;

/** The likeliest of them, or that they cannot be told apart. Pure. */
export function weighSuspicions(suspicions: readonly Suspicion[], stepId: StepId | undefined): WithoutBase {
  const blames = weigh(suspicions);
  const [first, second] = blames;
  const why = `The record of step ${stepId ?? 'none'} holds nothing that tells one cause from another.`;
  if (first === undefined || first.confidenceRatio < LEAST_WEIGHT) return { kind: 'cannot-tell', others: blames, why };
  if (second !== undefined && first.confidenceRatio - second.confidenceRatio < LEAST_MARGIN)
    return { kind: 'cannot-tell', others: blames, why: `${why} As likely: ${second.cause} in step ${second.stepId}.` };
  return { ...first, kind: 'blamed', others: blames.slice(1) };
}

/** One blame for each step and cause. */
function weigh(suspicions: readonly Suspicion[]): readonly Blame[] {
  const groups = Map.groupBy(suspicions, ({ stepId, cause }) => `${stepId}/${cause}`);
  const blames = [...groups.values()].flatMap((group) => {
    const sorted = group.toSorted((a, b) => b.weight - a.weight);
    const [first] = sorted;
    if (first === undefined) return [];
    const weight = sorted.slice(1, 3).reduce((sum, { weight: more }) => sum + (1 - sum) * MORE * more, first.weight);
    const evidence = [...new Set(sorted.map((one) => one.evidence))].slice(0, 4);
    return [{ stepId: first.stepId, cause: first.cause, confidenceRatio: weight, evidence, change: first.change }];
  });
  return blames.toSorted((a, b) => b.confidenceRatio - a.confidenceRatio);
}
