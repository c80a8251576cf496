import type { ModelId } from '../domain/ids.ts';
import type { LearnedSettings, RouterPolicy } from '../domain/router-policy.ts';
import { STEP_KINDS } from '../domain/step.ts';
import { estimateGain, type GainEstimate } from '../learn/reward/off-policy.ts';
import type { RewardExpression } from '../learn/reward/reward-expression.ts';
import { isChosenOn, type StepWithFacts } from '../learn/reward/step-reward.ts';
import { whyUnknown } from '../learn/reward/trial-verdict.ts';
import { withLearned } from '../policy/learned-settings.ts';
import { choicesUnder, takersOf, toLoggedSteps, type PolicyChoices } from './policy-gain.ts';
import type { Decide } from './pool-dial.ts';

/** A policy with other settings, and what records say of it. */
export interface TriedSettings {
  readonly settings: LearnedSettings;
  readonly estimate: GainEstimate;
  /** Why records tell nothing of it; absent: they do. */
  readonly unknownWhy?: string;
}

export interface LearnedPolicy {
  /** Steps that a policy chose a model for, and how many of them have a reward. */
  readonly stepCount: number;
  readonly rewardedCount: number;
  /** Everything that was tried on the one half of the sessions, the best first. */
  readonly tried: readonly TriedSettings[];
  /** The best of them, judged on the other half; absent: of none the records tell that it gains. */
  readonly best?: TriedSettings;
}

export interface LearnOptions {
  readonly reward: RewardExpression;
  /** As its file has it. */
  readonly policy: RouterPolicy;
  /** In force. */
  readonly current: LearnedSettings;
  /** Judged as they are, on all sessions, instead of a search. */
  readonly asked?: LearnedSettings | undefined;
  readonly decide: Decide;
  readonly seed: number;
  readonly onTried?: (count: number, of: number) => void;
}

/**
 * Looks for settings under which recorded steps would have earned more: one change at a time, then the best two together. They are
 * chosen on one half of the sessions and judged on the other, so that luck in the choice does not count as gain.
 */
export async function learnPolicy(rows: readonly StepWithFacts[], options: LearnOptions): Promise<LearnedPolicy> {
  const { reward, asked, current } = options;
  const rewarded = rows.filter(({ facts }) => reward.valueOf(facts) !== undefined);
  const counts = { stepCount: rows.length, rewardedCount: rewarded.length };
  if (asked !== undefined) {
    const settings = { ...current, ...asked };
    const judge = await judgeOf(rewarded, options);
    return { ...counts, tried: [], best: await judge(settings) };
  }
  const judge = await judgeOf(rewarded.filter(isChosenOn), options);
  const moves = movesOf(options, rewarded);
  const tried: TriedSettings[] = [];
  for (const settings of moves) {
    tried.push(await judge(settings));
    options.onTried?.(tried.length, moves.length);
  }
  const [first, second] = knownOf(tried);
  if (first !== undefined && second !== undefined)
    tried.push(await judge({ ...second.settings, ...changedIn(first.settings, current) }));
  const isSilent = ({ unknownWhy }: TriedSettings): boolean => unknownWhy !== undefined;
  const ranked = [...knownOf(tried), ...tried.filter(isSilent).toSorted(byGain)];
  const [chosen] = knownOf(tried);
  if (chosen === undefined || chosen.estimate.gain <= 0) return { ...counts, tried: ranked };
  const judgeAgain = await judgeOf(
    rewarded.filter((row) => !isChosenOn(row)),
    options,
  );
  return { ...counts, tried: ranked, best: await judgeAgain(chosen.settings) };
}

/** What a move changes. */
function changedIn(settings: LearnedSettings, current: LearnedSettings): LearnedSettings {
  const before = new Map<string, unknown>(Object.entries(current));
  return Object.fromEntries(Object.entries(settings).filter(([key, value]) => before.get(key) !== value));
}

function knownOf(tried: readonly TriedSettings[]): readonly TriedSettings[] {
  return tried.filter(({ unknownWhy }) => unknownWhy === undefined).toSorted(byGain);
}

function byGain(a: TriedSettings, b: TriedSettings): number {
  return b.estimate.gain - a.estimate.gain;
}

async function judgeOf(
  rows: readonly StepWithFacts[],
  { reward, policy, current, decide, seed }: LearnOptions,
): Promise<(settings: LearnedSettings) => Promise<TriedSettings>> {
  const steps = rows.map(({ step }) => step);
  const choose = async (settings: LearnedSettings): Promise<PolicyChoices> =>
    choicesUnder(steps, withLearned(policy, settings), decide);
  const now = await choose(current);
  return async (settings) => {
    const candidate = await choose(settings);
    const estimate = estimateGain(toLoggedSteps(rows, reward, { current: now, candidate }), seed);
    const refused = candidate.filter((choice, index) => choice === undefined && now[index] !== undefined).length;
    const unknownWhy = refused > 0 ? `it would refuse ${refused} of ${steps.length} steps` : whyUnknown(estimate);
    return { settings, estimate, ...(unknownWhy === undefined ? {} : { unknownWhy }) };
  };
}

const DIAL_MOVES = [-2, -1, -0.5, -0.25, 0.25, 0.5, 1, 2] as const;
const LOW_FACTORS = [0.5, 0.8, 1.25, 2, 3] as const;
const FACTORS = [0.5, 2] as const;
const MOST_FACTOR = 16;
const PENALTY_MOVES = [-0.05, 0.05, 0.15] as const;
/** A model that takes less is not worth leaving out. */
const LEAST_SHARE = 0.05;

/** Settings one change away from those in force. */
function movesOf({ policy, current }: LearnOptions, rows: readonly StepWithFacts[]): readonly LearnedSettings[] {
  const now = withLearned(policy, current);
  const kinds = STEP_KINDS.filter((kind) => rows.some(({ step }) => step.kind === kind));
  const takers = [...takersOf(rows.map(({ step }) => step.decision))].filter(
    ([, count]) => count >= LEAST_SHARE * rows.length,
  );
  const [minutes, hours, harm] = now.stakesFactors ?? [1, 3, 10];
  const factors = current.failureFactors ?? {};
  const moves: LearnedSettings[] = [
    ...DIAL_MOVES.map((move) => now.dial + move)
      .filter((dial) => dial >= 0 && dial <= 10)
      .map((dial) => ({ dial })),
    ...kinds.flatMap((kind) =>
      FACTORS.map((factor) => (factors[kind] ?? 1) * factor)
        .filter((factor) => factor <= MOST_FACTOR && factor >= 1 / MOST_FACTOR)
        .map((factor) => ({ failureFactors: { ...factors, [kind]: factor } })),
    ),
    // Of low stakes alone, which is where chance may have a say.
    ...LOW_FACTORS.map((factor) => ({ stakesFactors: [Math.min(hours, minutes * factor), hours, harm] as const })),
    ...FACTORS.map((factor) => ({
      stakesFactors: [
        minutes,
        Math.max(minutes, hours * factor),
        Math.max(minutes, hours * factor, harm * factor),
      ] as const,
    })),
    ...PENALTY_MOVES.map((move) => Math.round((now.frontierPenaltyRatio + move) * 1000) / 1000)
      .filter((ratio) => ratio >= 0 && ratio <= 1)
      .map((frontierPenaltyRatio) => ({ frontierPenaltyRatio })),
    ...([1, 2, 3] as const).filter((rungs) => rungs !== now.ladder.maxRungs).map((maxRungs) => ({ maxRungs })),
    ...(takers.length < 2
      ? []
      : takers.map(([model]) => ({ denyModels: [...(current.denyModels ?? []), model as ModelId] }))),
  ];
  return moves.map((move) => ({ ...current, ...move }));
}
