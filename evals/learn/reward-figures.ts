import { choicesUnder, toLoggedSteps, type PolicyChoices } from '../../src/decisions/policy-gain.ts';
import type { Figure } from '../../src/domain/figure.ts';
import type { ModelId } from '../../src/domain/ids.ts';
import { nanoFromUsd } from '../../src/domain/money.ts';
import type { LearnedSettings, RouterPolicy } from '../../src/domain/router-policy.ts';
import { STEP_KINDS } from '../../src/domain/step.ts';
import { estimateGain, gainsOf } from '../../src/learn/reward/off-policy.ts';
import { parseReward } from '../../src/learn/reward/reward-expression.ts';
import { whyUnknown } from '../../src/learn/reward/trial-verdict.ts';
import { withLearned } from '../../src/policy/learned-settings.ts';
import { mean } from '../../src/stats/mean.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { memoDecide } from '../../src/testing/internal/replayed/memo-decide.ts';
import { balancedPolicy } from '../need/route-stream.ts';
import { meanFigure } from './mean-figure.ts';
import { FIRST_SEED } from './planted-stream.ts';
import { rewardStream, STREAM_REWARD, type RewardStream } from './reward-streams.ts';

const STEP_COUNT = 2000;
/** Each stream is asked of so many candidates. */
const CANDIDATES = 6;
/** As much chance as a configuration may allow. */
const EXPLORE = { allowedBy: 'suite', shareRatio: 0.5, tieRatio: 0.25, maxNanoUsd: nanoFromUsd(0.05) };

/** One estimate beside what is true, in USD a step. */
interface OpeRow {
  readonly estimate: number;
  readonly truth: number;
  /** The same, had every report and bill come out as it does on average. */
  readonly meanEstimate: number;
  readonly isCovered: boolean;
  readonly billUsd: number;
  readonly costUsd: number;
}

/** Estimates of candidates from streams that another policy has led, against what is true of those streams. */
export async function opeFigures(
  streamCount: number,
  progress: (text: string) => void,
): Promise<Readonly<Record<string, Figure>>> {
  const { rows, askedCount } = await opeRows(FIRST_SEED, streamCount, progress);
  const covered = rows.map(({ isCovered }) => (isCovered ? 100 : 0));
  const billUsd = mean(rows.map((row) => row.billUsd));
  const costUsd = mean(rows.map((row) => row.costUsd));
  const errors = (of: number): readonly number[] =>
    rows.map(({ meanEstimate, truth }) => (100 * (meanEstimate - truth)) / of);
  return {
    'learning.ope.coverage.pct': meanFigure(covered, FIRST_SEED),
    'learning.ope.bias.of_bill.pct': meanFigure(errors(billUsd), FIRST_SEED),
    'learning.ope.bias.of_bill_and_failures.pct': meanFigure(errors(costUsd), FIRST_SEED),
    'learning.ope.told.pct': {
      value: (100 * rows.length) / askedCount,
      unit: '%',
      n: askedCount,
      seed: FIRST_SEED,
      label: 'modelled',
    },
  };
}

async function opeRows(
  firstSeed: number,
  streamCount: number,
  progress: (text: string) => void,
): Promise<{ readonly rows: readonly OpeRow[]; readonly askedCount: number }> {
  const policy = balancedPolicy();
  const memo = memoDecide();
  const logging: RouterPolicy = { ...policy, trial: { dial: policy.dial, explore: EXPLORE } };
  const rows: OpeRow[] = [];
  let askedCount = 0;
  const policies = new Map<string, RouterPolicy>();
  for (let index = 0; index < streamCount; index += 1) {
    progress(`estimates, stream ${index + 1} of ${streamCount}`);
    const seed = firstSeed + index;
    const options = { seed, stepCount: STEP_COUNT, noiseRatio: 0.2, vendors: ['anthropic'] };
    const stream = await rewardStream(logging, options, memo);
    const steps = stream.rows.map(({ step }) => step);
    const current = await choicesUnder(steps, policy, memo);
    for (const settings of drawnSettings(seed, CANDIDATES)) {
      const key = JSON.stringify(settings);
      const changed = policies.get(key) ?? withLearned(policy, settings);
      policies.set(key, changed);
      const candidate = await choicesUnder(steps, changed, memo);
      askedCount += 1;
      const row = opeRow(stream, { current, candidate }, seed);
      if (row !== undefined) rows.push(row);
    }
  }
  return { rows, askedCount };
}

const reward = parseReward(STREAM_REWARD);

/** `undefined`: the product says that it cannot tell. */
function opeRow(
  stream: RewardStream,
  choices: { readonly current: PolicyChoices; readonly candidate: PolicyChoices },
  seed: number,
): OpeRow | undefined {
  const steps = toLoggedSteps(stream.rows, reward, choices);
  const estimate = estimateGain(steps, seed);
  if (whyUnknown(estimate) !== undefined) return undefined;
  const truth = mean(stream.rows.map((_, at) => trueGain(stream, choices, at)));
  const { low, high } = estimate.interval;
  return {
    estimate: estimate.gain,
    truth,
    // The estimate is linear in the rewards, so that with their means it is its own mean over reports and bills.
    meanEstimate: mean(
      gainsOf(steps.map((step, at) => ({ ...step, reward: stream.earned(at, modelAt([step.taken], 0)) }))),
    ),
    isCovered: low <= truth && truth <= high,
    billUsd: mean(stream.rows.map((_, at) => stream.billUsd(at, modelAt(choices.current, at)))),
    costUsd: mean(stream.rows.map((_, at) => stream.cost(at, modelAt(choices.current, at)))),
  };
}

function trueGain(
  stream: RewardStream,
  { current, candidate }: { readonly current: PolicyChoices; readonly candidate: PolicyChoices },
  at: number,
): number {
  return stream.earned(at, modelAt(candidate, at)) - stream.earned(at, modelAt(current, at));
}

/** The first word of a choice's key. */
function modelAt(choices: PolicyChoices, at: number): ModelId {
  const [model = ''] = choices[at]?.key.split(' ') ?? [];
  return model as ModelId;
}

/** Changes that a search may propose, drawn for a stream. */
export function drawnSettings(seed: number, count: number): readonly LearnedSettings[] {
  const random = seededRandom(seed ^ 0xca4d);
  const all: LearnedSettings[] = [
    ...[2, 3, 4, 4.5, 4.75, 5.25, 5.5, 6, 7, 8].map((dial) => ({ dial })),
    ...STEP_KINDS.flatMap((kind) => [0.25, 0.5, 2, 4].map((factor) => ({ failureFactors: { [kind]: factor } }))),
    ...[0.5, 0.8, 1.25, 2, 3].map((low) => ({ stakesFactors: [low, 3, 10] as const })),
    ...[0.5, 2].map((factor) => ({ stakesFactors: [1, Math.max(1, 3 * factor), 10 * factor] as const })),
    ...[0, 0.02, 0.1, 0.2, 0.4].map((frontierPenaltyRatio) => ({ frontierPenaltyRatio })),
  ];
  return Array.from({ length: count }, () => all.splice(Math.floor(random() * all.length), 1)[0] ?? {});
}
