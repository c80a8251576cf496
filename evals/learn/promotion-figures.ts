import { setImmediate as turn } from 'node:timers/promises';
import { toTrialSteps } from '../../src/decisions/policy-gain.ts';
import type { Figure } from '../../src/domain/figure.ts';
import type { LearnedSettings, RouterPolicy } from '../../src/domain/router-policy.ts';
import { sessionGains, type LoggedStep } from '../../src/learn/reward/off-policy.ts';
import { parseReward } from '../../src/learn/reward/reward-expression.ts';
import { judgeTrial, mayWiden, type TrialVerdict } from '../../src/learn/reward/trial-verdict.ts';
import { widened } from '../../src/policy/lock-moves.ts';
import { lockedPolicy, type PolicyLock } from '../../src/policy/policy-lock.ts';
import { mean } from '../../src/stats/mean.ts';
import { memoDecide, type MemoDecide } from '../../src/testing/internal/replayed/memo-decide.ts';
import { balancedPolicy } from '../need/route-stream.ts';
import { FIRST_SEED } from './planted-stream.ts';
import { drawnSettings } from './reward-figures.ts';
import { openRewardStream, STREAM_REWARD, trueCosts, type RewardStreamOptions } from './reward-streams.ts';

/** A canary that has shown nothing by then stays undecided. */
const STEP_COUNT = 40_000;
/** What is true of models does not hang on how many steps come. */
const FORESEEN_STEPS = 2000;
/** Rows between two looks; the product looks every minute. */
const ROWS_A_LOOK = 1000;
/** The canary's usual share of the sessions. */
const SHARE = 0.2;
/** What counts as better, of the bill and of what failures cost. */
const BETTER = 0.03;

/** How a canary ended, and what is true of it. */
interface TrialEnd {
  /** By how much the candidate truly saves, of the bill and of what failures cost under the current policy; in each half of the stream. */
  readonly gains: readonly [number, number];
  readonly verdict: TrialVerdict['kind'];
  readonly stepCount: number;
}

/** Canaries of candidates that are truly better or worse, judged as the product judges them. */
export async function promotionFigures(
  trialCount: number,
  progress: (text: string) => void,
  firstSeed: number = FIRST_SEED,
): Promise<Readonly<Record<string, Figure>>> {
  const ends = await trialEnds({ trialCount, firstSeed }, progress);
  const better = ends.filter(isBetter);
  const worse = ends.filter(isWorse);
  const share = (of: readonly TrialEnd[], verdict: TrialVerdict['kind']): Figure => {
    const value = (100 * of.filter((end) => end.verdict === verdict).length) / Math.max(1, of.length);
    return { value, unit: '%', n: of.length, seed: firstSeed, label: 'modelled' };
  };
  return {
    'learning.promoted_better.pct': share(better, 'better'),
    'learning.promoted_worse.pct': share(worse, 'better'),
    'learning.retreated_worse.pct': share(worse, 'worse'),
    'learning.retreated_better.pct': share(better, 'worse'),
    'learning.promotion.steps': {
      value: mean(better.filter(({ verdict }) => verdict === 'better').map(({ stepCount }) => stepCount)),
      unit: 'steps',
      n: better.length,
      seed: firstSeed,
      label: 'modelled',
    },
  };
}

/** Over the whole stream, and in neither half of it worse. */
function isBetter({ gains: [first, second] }: Pick<TrialEnd, 'gains'>): boolean {
  return (first + second) / 2 >= BETTER && first >= 0 && second >= 0;
}

/** In both halves: who is better before a drift may be promoted before it. */
function isWorse({ gains: [first, second] }: Pick<TrialEnd, 'gains'>): boolean {
  return first < 0 && second < 0;
}

/** Candidates in the order of their seeds until there are so many of either kind, each led through its canary. */
async function trialEnds(wanted: TrialsWanted, progress: (text: string) => void): Promise<readonly TrialEnd[]> {
  const memo = memoDecide();
  const ends: TrialEnd[] = [];
  const trials = await plannedTrials(wanted, memo);
  for (const trial of trials) {
    progress(`canaries: ${ends.length} of ${trials.length}`);
    await turn();
    ends.push({ gains: trial.gains, ...(await trialEnd(trial, memo)) });
  }
  return ends;
}

/** A candidate to lead through a canary, with what is true of it, all sessions alike. */
interface PlannedTrial extends Pick<TrialEnd, 'gains'> {
  readonly seed: number;
  readonly policy: RouterPolicy;
  /** The same on a wider canary. */
  readonly wide: RouterPolicy;
}

interface TrialsWanted {
  /** Of either kind. */
  readonly trialCount: number;
  readonly firstSeed: number;
}

async function plannedTrials(
  { trialCount, firstSeed }: TrialsWanted,
  memo: MemoDecide,
): Promise<readonly PlannedTrial[]> {
  const plain = balancedPolicy();
  const policies = new Map<string, CanaryPolicies>();
  const better: PlannedTrial[] = [];
  const worse: PlannedTrial[] = [];
  for (let seed = firstSeed; better.length < trialCount || worse.length < trialCount; seed += 1) {
    const [settings = {}] = drawnSettings(seed, 1);
    const key = JSON.stringify(settings);
    const both = policies.get(key) ?? canariesOf(plain, settings);
    policies.set(key, both);
    const gains = await trueCosts(both.policy, { ...optionsOf(seed), stepCount: FORESEEN_STEPS }, memo);
    if (isBetter({ gains }) && better.length < trialCount) better.push({ seed, ...both, gains });
    if (isWorse({ gains }) && worse.length < trialCount) worse.push({ seed, ...both, gains });
  }
  return [...better, ...worse];
}

type CanaryPolicies = Pick<PlannedTrial, 'policy' | 'wide'>;

/** The policy as a lock has it whose candidate is on a canary, before and after that is widened. */
function canariesOf(policy: RouterPolicy, settings: LearnedSettings): CanaryPolicies {
  const candidate = {
    stage: 'canary',
    settings,
    shareRatio: SHARE,
    salt: 'suite',
    since: '2026-01-01T00:00:00Z',
    allowedBy: 'suite',
    reward: STREAM_REWARD,
  } as const;
  const lock: PolicyLock = { [policy.id]: { learnedOn: 'suite', current: {}, candidate } };
  const under = (one: PolicyLock): RouterPolicy =>
    lockedPolicy(policy, { lock: one, digest: 'suite', explore: undefined });
  return { policy: under(lock), wide: under(widened(lock, policy.id) ?? lock) };
}

const reward = parseReward(STREAM_REWARD);

function optionsOf(seed: number): RewardStreamOptions {
  return { seed, stepCount: STEP_COUNT, noiseRatio: 0.2, vendors: ['anthropic'] };
}

/** Looked at from time to time, and widened where the product would. */
async function trialEnd({ policy, wide, seed }: PlannedTrial, memo: MemoDecide): Promise<Omit<TrialEnd, 'gains'>> {
  const stream = openRewardStream(optionsOf(seed), memo);
  const steps: LoggedStep[] = [];
  let obeyed = policy;
  for (let stepCount = ROWS_A_LOOK; stepCount <= STEP_COUNT; stepCount += ROWS_A_LOOK) {
    steps.push(...toTrialSteps(await stream.next(obeyed, ROWS_A_LOOK), reward));
    const verdict = judgeTrial(sessionGains(steps));
    if (verdict.kind !== 'undecided') return { verdict: verdict.kind, stepCount };
    if (obeyed === policy && mayWiden(verdict)) obeyed = wide;
  }
  return { verdict: 'undecided', stepCount: STEP_COUNT };
}
