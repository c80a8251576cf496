import { setImmediate as turn } from 'node:timers/promises';
import { toTrialSteps } from '../../src/decisions/policy-gain.ts';
import { isCandidates } from '../../src/decisions/policy-trial.ts';
import type { Figure } from '../../src/domain/figure.ts';
import type { ModelId } from '../../src/domain/ids.ts';
import type { LearnedSettings, RouterPolicy } from '../../src/domain/router-policy.ts';
import { sessionGains } from '../../src/learn/reward/off-policy.ts';
import { parseReward } from '../../src/learn/reward/reward-expression.ts';
import { judgeTrial, type TrialVerdict } from '../../src/learn/reward/trial-verdict.ts';
import { lockedPolicy } from '../../src/policy/policy-lock.ts';
import { mean } from '../../src/stats/mean.ts';
import { balancedPolicy } from '../need/route-stream.ts';
import { FIRST_SEED } from './planted-stream.ts';
import { drawnSettings } from './reward-figures.ts';
import {
  memoDecide,
  rewardStream,
  STREAM_REWARD,
  trueCosts,
  type MemoDecide,
  type RewardStream,
  type RewardStreamOptions,
} from './reward-streams.ts';

/** A canary that has shown nothing by then stays undecided. */
const STEP_COUNT = 20_000;
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
): Promise<Readonly<Record<string, Figure>>> {
  const ends = await trialEnds(FIRST_SEED, trialCount, progress);
  const better = ends.filter(isBetter);
  const worse = ends.filter(isWorse);
  const share = (of: readonly TrialEnd[], verdict: TrialVerdict['kind']): Figure => {
    const value = (100 * of.filter((end) => end.verdict === verdict).length) / Math.max(1, of.length);
    return { value, unit: '%', n: of.length, seed: FIRST_SEED, label: 'modelled' };
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
      seed: FIRST_SEED,
      label: 'modelled',
    },
  };
}

/** Over the whole stream, and in neither half of it worse. */
function isBetter({ gains: [first, second] }: TrialEnd): boolean {
  return (first + second) / 2 >= BETTER && first >= 0 && second >= 0;
}

/** In both halves: who is better before a drift may be promoted before it. */
function isWorse({ gains: [first, second] }: TrialEnd): boolean {
  return first < 0 && second < 0;
}

/** Goes on until there are so many of either kind. */
async function trialEnds(
  firstSeed: number,
  trialCount: number,
  progress: (text: string) => void,
): Promise<readonly TrialEnd[]> {
  const policy = balancedPolicy();
  const memo = memoDecide();
  const ends: TrialEnd[] = [];
  const policies = new Map<string, RouterPolicy>();
  for (let seed = firstSeed; seed < firstSeed + 60 * trialCount; seed += 1) {
    const [better, worse] = [ends.filter(isBetter).length, ends.filter(isWorse).length];
    if (better >= trialCount && worse >= trialCount) break;
    progress(`canaries: ${better} better, ${worse} worse of ${trialCount}`);
    await turn();
    const [settings = {}] = drawnSettings(seed, 1);
    const key = JSON.stringify(settings);
    const onTrial = policies.get(key) ?? withCanary(policy, settings);
    policies.set(key, onTrial);
    const foreseen = await foreseenEnd(onTrial, seed, memo);
    // Whoever is neither, or of whom there are enough, is not led through its canary.
    if (isBetter(foreseen) ? better >= trialCount : !isWorse(foreseen) || worse >= trialCount) continue;
    ends.push(await trialEnd(onTrial, seed, memo));
  }
  return ends;
}

/** The policy as a lock in that stage has it. */
function withCanary(policy: RouterPolicy, settings: LearnedSettings): RouterPolicy {
  const candidate = {
    stage: 'canary',
    settings,
    shareRatio: SHARE,
    salt: 'suite',
    since: '2026-01-01T00:00:00Z',
    allowedBy: 'suite',
    reward: STREAM_REWARD,
  } as const;
  const lock = { [policy.id]: { learnedOn: 'suite', current: {}, candidate } };
  return lockedPolicy(policy, { lock, digest: 'suite', explore: undefined });
}

const reward = parseReward(STREAM_REWARD);

/** What is true of a candidate before sessions are drawn. */
async function foreseenEnd(policy: RouterPolicy, seed: number, memo: MemoDecide): Promise<TrialEnd> {
  const foreseen = await trueCosts(policy, optionsOf(seed), memo);
  return { gains: foreseen, verdict: 'undecided', stepCount: 0 };
}

function optionsOf(seed: number): RewardStreamOptions {
  return { seed, stepCount: STEP_COUNT, noiseRatio: 0.2, vendors: ['anthropic'] };
}

async function trialEnd(policy: RouterPolicy, seed: number, memo: MemoDecide): Promise<TrialEnd> {
  const stream = await rewardStream(policy, optionsOf(seed), memo);
  const half = stream.rows.length / 2;
  const gains = [trueShare(stream, 0, half), trueShare(stream, half, stream.rows.length)] as const;
  for (let stepCount = ROWS_A_LOOK; stepCount <= STEP_COUNT; stepCount += ROWS_A_LOOK) {
    const { kind } = judgeTrial(sessionGains(toTrialSteps(stream.rows.slice(0, stepCount), reward)));
    if (kind !== 'undecided') return { gains, verdict: kind, stepCount };
  }
  return { gains, verdict: 'undecided', stepCount: STEP_COUNT };
}

/** What the candidate truly saves of the bill and of what failures cost, over some of the rows. */
function trueShare(stream: RewardStream, from: number, until: number): number {
  let [saved, cost] = [0, 0];
  for (let at = from; at < until; at += 1) {
    const both = bothAt(stream, at);
    if (both === undefined) continue;
    cost += stream.cost(at, both.current);
    saved += stream.cost(at, both.current) - stream.cost(at, both.candidate);
  }
  return saved / cost;
}

function bothAt(
  { rows }: RewardStream,
  at: number,
): { readonly current: ModelId; readonly candidate: ModelId } | undefined {
  const row = rows[at]?.step;
  const beside = row?.shadows[0];
  if (row === undefined || row.decision.kind === 'refuse' || beside === undefined || beside.kind === 'refuse')
    return undefined;
  return isCandidates(row.decision)
    ? { current: beside.to, candidate: row.decision.to }
    : { current: row.decision.to, candidate: beside.to };
}
