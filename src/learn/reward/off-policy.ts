import { clusterInterval, type ClusterSum } from '../../stats/cluster-interval.ts';
import type { Interval } from '../../stats/interval.ts';
import { predictLinear, RidgeSums, type LinearModel } from '../../stats/ridge.ts';
import { foldOf } from '../../stats/seeded-random.ts';

/** A choice that a step could have had. */
export interface LoggedAction {
  readonly key: string;
  /** How likely it was when the step came; 0: it could not have been chosen. */
  readonly ratio: number;
  /** What was expected of it then; as many for each. */
  readonly features: readonly number[];
}

/** A step that is over, with what was chosen and what two policies would have chosen. */
export interface LoggedStep {
  /** Steps of one stand and fall together. */
  readonly session: string;
  readonly reward: number;
  /** 1, or less for steps of somebody who has more of them than one may weigh. */
  readonly weight: number;
  readonly taken: LoggedAction;
  readonly current: LoggedAction;
  readonly candidate: LoggedAction;
}

/** By how much a step of the candidate earns more than one of the current policy, in units of the reward. */
export interface GainEstimate {
  readonly stepCount: number;
  readonly sessionCount: number;
  /** Steps that the two policies would give to different choices: all others gain nothing. */
  readonly differingCount: number;
  /** Of these, steps whose two choices both could have been drawn; of the others only the model of rewards speaks. */
  readonly supportedCount: number;
  /** Kish's effective sample of the differing steps, of the policy that has fewer. */
  readonly effectiveCount: number;
  /** Doubly robust. */
  readonly gain: number;
  readonly interval: Interval;
  /** By importance alone, self-normalised; `undefined`: nothing that one of the policies would choose was tried. */
  readonly selfNormalised: { readonly gain: number; readonly interval: Interval } | undefined;
}

const FOLDS = 5;

/**
 * The gain of a candidate policy from records of another, whose choices chance had a part in. Doubly robust: a model of rewards, fitted
 * on other sessions, says what each policy would earn, and what was really earned corrects it where the choice was the policy's, by one
 * over how likely it was. Right where either the model or the likelihoods are. Each step is judged by itself, as it came. Pure.
 *
 * Sources: Dudík, Langford and Li, "Doubly robust policy evaluation and learning", ICML 2011 (estimate); Swaminathan and Joachims, "The
 * self-normalized estimator for counterfactual learning", NIPS 2015; Kish, "Survey sampling" (effective sample).
 */
export function estimateGain(steps: readonly LoggedStep[], seed: number): GainEstimate {
  const differing = steps.filter(({ current, candidate }) => current.key !== candidate.key);
  const gains = gainsOf(steps);
  const clusters = clustersOf(steps, (step, index) => ({ over: gains[index] ?? 0, under: step.weight }));
  return {
    stepCount: steps.length,
    sessionCount: clusters.size,
    differingCount: differing.length,
    supportedCount: differing.filter(({ current, candidate }) => current.ratio > 0 && candidate.ratio > 0).length,
    effectiveCount: Math.min(
      effectiveOf(differing, ({ candidate }) => candidate),
      effectiveOf(differing, ({ current }) => current),
    ),
    gain: ratioOf([...clusters.values()]),
    interval: clusterInterval([...clusters.values()], seed),
    selfNormalised: selfNormalised(steps, seed),
  };
}

/** What the candidate gains on each step, doubly robust and weighted; the order is that of the steps. Pure. */
export function gainsOf(steps: readonly LoggedStep[]): readonly number[] {
  const expect = modelOf(steps);
  return steps.map((step) => {
    const { current, candidate, weight } = step;
    return current.key === candidate.key
      ? 0
      : weight * (valueOf(step, candidate, expect) - valueOf(step, current, expect));
  });
}

/** The gain of each session that the two policies would have led differently, in the order in which they came. Pure. */
export function sessionGains(steps: readonly LoggedStep[]): readonly number[] {
  const gains = gainsOf(steps);
  const differing = new Map<string, number>();
  for (const [index, { session, current, candidate }] of steps.entries()) {
    if (current.key !== candidate.key) differing.set(session, (differing.get(session) ?? 0) + (gains[index] ?? 0));
  }
  return [...differing.values()];
}

type Expected = (step: LoggedStep, action: LoggedAction) => number;

function valueOf(step: LoggedStep, action: LoggedAction, expected: Expected): number {
  const modelled = expected(step, action);
  return modelled + importance(step, action) * (step.reward - expected(step, step.taken));
}

function importance({ taken }: LoggedStep, action: LoggedAction): number {
  return taken.key === action.key && taken.ratio > 0 ? 1 / taken.ratio : 0;
}

/** A linear model of the reward by what was expected of a choice, for each session fitted on the others. */
function modelOf(steps: readonly LoggedStep[]): Expected {
  const columnCount = steps[0]?.taken.features.length ?? 0;
  const scales = Array.from({ length: columnCount }, (_, column) => {
    const squares = steps.reduce((sum, { taken }) => sum + (taken.features[column] ?? 0) ** 2, 0);
    return Math.sqrt(squares / Math.max(1, steps.length)) || 1;
  });
  const scaled = ({ features }: LoggedAction): readonly number[] =>
    features.map((value, column) => value / (scales[column] ?? 1));
  const folds = new Map<string, number>();
  const foldBy = ({ session }: LoggedStep): number => {
    const fold = folds.get(session) ?? foldOf(session, FOLDS);
    folds.set(session, fold);
    return fold;
  };
  const parts = Array.from({ length: FOLDS }, () => new RidgeSums(columnCount, 1));
  for (const step of steps) parts[foldBy(step)]?.add(scaled(step.taken), [step.reward]);
  const total = RidgeSums.total(parts);
  const penalties = Array.from({ length: columnCount }, () => 1);
  const models: readonly LinearModel[] = parts.map((part) => total.without(part).solve(penalties));
  return (step, action) => {
    const model = models[foldBy(step)];
    return model === undefined ? 0 : predictLinear(model, 0, scaled(action));
  };
}

function effectiveOf(steps: readonly LoggedStep[], of: (step: LoggedStep) => LoggedAction): number {
  let [sum, squares] = [0, 0];
  for (const step of steps) {
    const weight = step.weight * importance(step, of(step));
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** The mean reward of the differing steps under each policy, each by its own weights, over all steps. */
function selfNormalised(steps: readonly LoggedStep[], seed: number): GainEstimate['selfNormalised'] {
  const isDiffering = ({ current, candidate }: LoggedStep): boolean => current.key !== candidate.key;
  const side = (of: (step: LoggedStep) => LoggedAction): number | undefined => {
    let [over, under] = [0, 0];
    for (const step of steps) {
      if (!isDiffering(step)) continue;
      const weight = step.weight * importance(step, of(step));
      over += weight * step.reward;
      under += weight;
    }
    return under === 0 ? undefined : over / under;
  };
  const [next, now] = [side(({ candidate }) => candidate), side(({ current }) => current)];
  if (next === undefined || now === undefined) return undefined;
  const total = weightOf(steps);
  const share = weightOf(steps.filter(isDiffering)) / Math.max(1e-12, total);
  // The linearised estimate: what each step adds to either mean, so that sessions can be drawn again.
  const sizes = { next: massOf(steps, ({ candidate }) => candidate), now: massOf(steps, ({ current }) => current) };
  const clusters = clustersOf(steps, (step) => {
    if (!isDiffering(step)) return { over: 0, under: step.weight };
    const up = (importance(step, step.candidate) * (step.reward - next) * step.weight) / sizes.next;
    const down = (importance(step, step.current) * (step.reward - now) * step.weight) / sizes.now;
    return { over: (up - down) * total * share, under: step.weight };
  });
  const { low, high } = clusterInterval([...clusters.values()], seed);
  const gain = (next - now) * share;
  return { gain, interval: { low: gain + low, high: gain + high } };
}

function massOf(steps: readonly LoggedStep[], of: (step: LoggedStep) => LoggedAction): number {
  return steps.reduce((sum, step) => {
    const isDiffering = step.current.key !== step.candidate.key;
    return sum + (isDiffering ? step.weight * importance(step, of(step)) : 0);
  }, 0);
}

const weightOf = (steps: readonly LoggedStep[]): number => steps.reduce((sum, { weight }) => sum + weight, 0);

function clustersOf(
  steps: readonly LoggedStep[],
  sumOf: (step: LoggedStep, index: number) => ClusterSum,
): ReadonlyMap<string, ClusterSum> {
  const clusters = new Map<string, ClusterSum>();
  for (const [index, step] of steps.entries()) {
    const { over, under } = sumOf(step, index);
    const before = clusters.get(step.session) ?? { over: 0, under: 0 };
    clusters.set(step.session, { over: before.over + over, under: before.under + under });
  }
  return clusters;
}

function ratioOf(clusters: readonly ClusterSum[]): number {
  const under = clusters.reduce((sum, one) => sum + one.under, 0);
  return under === 0 ? 0 : clusters.reduce((sum, one) => sum + one.over, 0) / under;
}
