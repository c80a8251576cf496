import { makeDecision, toOpenRecord, toStepRecord, type MadeDecision } from '../../src/decisions/make-decision.ts';
import { isCandidates } from '../../src/decisions/policy-trial.ts';
import { stepReaders } from '../../src/decisions/read-step.ts';
import type { DecideInput } from '../../src/domain/decision.ts';
import {
  asId,
  type CallId,
  type DecisionId,
  type EndpointId,
  type ModelId,
  type SessionId,
  type StepId,
} from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import { nanoFromUsd, usdFromNano } from '../../src/domain/money.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import { DAY_MS } from '../../src/domain/time.ts';
import { toStepsWithFacts, type StepWithFacts } from '../../src/learn/reward/step-reward.ts';
import { logit, sigmoid } from '../../src/predict/success/item-response.ts';
import type { CallRecord, OutcomeRecord, StepRecord } from '../../src/recorder/record.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import type { MemoDecide } from '../../src/testing/internal/replayed/memo-decide.ts';
import {
  clairvoyant,
  estimated,
  plantedInput,
  plantedSteps,
  poolOf,
  rowOf,
  type PlantedStep,
} from './planted-stream.ts';

/** What a good step is in these streams, in USD: a green result is worth three. */
export const STREAM_REWARD = '3 * green - usd';
const GREEN_USD = 3;

/** The records of a stream that a policy has led, and what is true of each of its steps. */
export interface RewardStream {
  readonly rows: readonly StepWithFacts[];
  /** What a choice of a model would have earned at a step, on average; the order is that of `rows`. */
  readonly earned: (index: number, model: ModelId) => number;
  /** What it would have billed and what its failures would have been worth. */
  readonly cost: (index: number, model: ModelId) => number;
  readonly billUsd: (index: number, model: ModelId) => number;
}

export interface RewardStreamOptions {
  readonly seed: number;
  readonly stepCount: number;
  /** Share of the reports that say the opposite. */
  readonly noiseRatio: number;
  readonly vendors: readonly string[];
}

/** How much abler or weaker a whole session goes, in logits, and how its bills spread: log-normal, by session and by step. */
const SESSION_LOGITS = 0.7;
const SESSION_SPREAD = 0.5;
const STEP_SPREAD = 0.8;
const STEPS_A_SESSION = 5;

/** A stream that is led by one policy and then by another. */
export interface RewardStreamLed {
  /** The next steps under a policy, as they are recorded; fewer at the end. */
  readonly next: (policy: RouterPolicy, stepCount: number) => Promise<readonly StepWithFacts[]>;
  readonly truths: readonly Truth[];
}

/** Steps of sessions that stand and fall together, with drift at half time, reports of which some lie, and bills with heavy tails. */
export function openRewardStream(options: RewardStreamOptions, decide: MemoDecide): RewardStreamLed {
  const models = poolOf(options.vendors);
  const random = seededRandom(options.seed ^ 0x5eed);
  const planted = plantedSteps({ ...options, sharedRatio: 0.5 });
  const inputs = new Map<object, DecideInput>();
  const truths: Truth[] = [];
  const knows = clairvoyant(models);
  let session = { id: '', logits: 0, bill: 1 };
  return {
    truths,
    next: async (policy, stepCount) => {
      const records: WrittenRecords = { steps: [], calls: [], outcomes: [] };
      const from = truths.length;
      for (const [offset, step] of planted.slice(from, from + stepCount).entries()) {
        const index = from + offset;
        if (index === 0 || random() < 1 / STEPS_A_SESSION) session = drawSession(options.seed, index, random);
        const base = inputs.get(step.need) ?? (await plainInput(step, models));
        inputs.set(step.need, base);
        const truth = truthOf(await knows(step), session.logits);
        truths.push(truth);
        const asked = ofSession(base, policy, { session: session.id, index, at: step.at });
        const made = makeDecision(asked, { decide, shadows: [] });
        if (made.decision.kind === 'refuse') throw new RangeError('A step of the stream was refused');
        const { to } = made.decision;
        const spread = session.bill * heavy(random, STEP_SPREAD);
        const isRight = step.luck < truth.right(to);
        write(records, toStepRecord(toOpenRecord(made, { title: '', predictorVersion: '' })), {
          usd: truth.bill(to) * spread,
          isGreen: isRight !== step.isTurned,
        });
      }
      return toStepsWithFacts({ ...records, now: (planted.at(-1)?.at ?? 0) + 2 * DAY_MS });
    },
  };
}

function truthOf(known: MadeDecision, logits: number): Truth {
  return {
    right: (model) => sigmoid(logit(rowOf(known, model).successRatio) + logits),
    bill: (model) => usdFromNano(rowOf(known, model).billNanoUsd),
  };
}

/** All of a stream under one policy. */
export async function rewardStream(
  policy: RouterPolicy,
  options: RewardStreamOptions,
  decide: MemoDecide,
): Promise<RewardStream> {
  const led = openRewardStream(options, decide);
  const rows = await led.next(policy, options.stepCount);
  const noise = options.noiseRatio;
  const right = (index: number, model: ModelId): number => led.truths[index]?.right(model) ?? 0;
  const billUsd = (index: number, model: ModelId): number => led.truths[index]?.bill(model) ?? 0;
  return {
    rows,
    earned: (index, model) => GREEN_USD * (noise + (1 - 2 * noise) * right(index, model)) - billUsd(index, model),
    cost: (index, model) => billUsd(index, model) + GREEN_USD * (1 - right(index, model)),
    billUsd,
  };
}

/** The share that a candidate on trial truly saves of the bill and of failures, in each half, all sessions alike. */
export async function trueCosts(
  policy: RouterPolicy,
  options: RewardStreamOptions,
  decide: MemoDecide,
): Promise<readonly [number, number]> {
  const models = poolOf(options.vendors);
  const knows = clairvoyant(models);
  const inputs = new Map<object, DecideInput>();
  const sums = { saved: [0, 0], cost: [0, 0] };
  const planted = plantedSteps({ ...options, sharedRatio: 0.5 });
  for (const [index, step] of planted.entries()) {
    const base = inputs.get(step.need) ?? (await plainInput(step, models));
    inputs.set(step.need, base);
    const known = await knows(step);
    const { decision, shadows } = makeDecision({ ...base, policy }, { decide, shadows: [] });
    const [beside] = shadows;
    if (decision.kind === 'refuse' || beside === undefined || beside.kind === 'refuse') continue;
    const [current, candidate] = isCandidates(decision) ? [beside, decision] : [decision, beside];
    const costOf = (model: ModelId): number => {
      const { billNanoUsd, successRatio } = rowOf(known, model);
      return usdFromNano(billNanoUsd) + GREEN_USD * (1 - successRatio);
    };
    const half = index < planted.length / 2 ? 0 : 1;
    sums.cost[half] = (sums.cost[half] ?? 0) + costOf(current.to);
    sums.saved[half] = (sums.saved[half] ?? 0) + costOf(current.to) - costOf(candidate.to);
  }
  const shareOf = (half: 0 | 1): number => (sums.saved[half] ?? 0) / (sums.cost[half] ?? 1);
  return [shareOf(0), shareOf(1)];
}

interface Truth {
  readonly right: (model: ModelId) => number;
  readonly bill: (model: ModelId) => number;
}

function drawSession(seed: number, index: number, random: () => number): { id: string; logits: number; bill: number } {
  return {
    id: `stream-${seed}-${index}`,
    logits: SESSION_LOGITS * normal(random),
    bill: heavy(random, SESSION_SPREAD),
  };
}

async function plainInput(step: PlantedStep, models: readonly Model[]): Promise<DecideInput> {
  return plantedInput(step, models, stepReaders(estimated, undefined, undefined));
}

function ofSession(
  base: DecideInput,
  policy: RouterPolicy,
  { session, index, at }: { readonly session: string; readonly index: number; readonly at: number },
): DecideInput {
  return {
    ...base,
    policy,
    now: at,
    decisionId: asId<DecisionId>(`${session}/${index}`),
    session: { ...base.session, sessionId: asId<SessionId>(session) },
  };
}

interface WrittenRecords {
  readonly steps: StepRecord[];
  readonly calls: CallRecord[];
  readonly outcomes: OutcomeRecord[];
}

/** A step with its one call and the report on it, as a store holds them. */
function write(
  records: WrittenRecords,
  record: StepRecord,
  { usd, isGreen }: { readonly usd: number; readonly isGreen: boolean },
): void {
  const { decisionId } = record.decision;
  const step = { ...record, stepId: asId<StepId>(String(decisionId)) };
  records.steps.push(step);
  const call: Partial<CallRecord> = {
    v: 1,
    callId: asId<CallId>(String(decisionId)),
    sessionId: step.sessionId,
    stepId: step.stepId,
    attempt: 0,
    endpoint: asId<EndpointId>('planted'),
    startedAt: step.startedAt,
    durationMs: 1000,
    billNanoUsd: nanoFromUsd(usd),
  };
  records.calls.push(call as CallRecord);
  records.outcomes.push({
    v: 1,
    decisionId,
    at: step.startedAt,
    verdict: isGreen ? 'good_fit' : 'failed',
    reward: undefined,
    truth: undefined,
    note: undefined,
    principal: 'user',
  });
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Log-normal with mean 1. */
function heavy(random: () => number, spread: number): number {
  return Math.exp(spread * normal(random) - (spread * spread) / 2);
}
