// One file: a candidate from its limits to its price, which share the step’s shape.

import { peakFactorAt } from '../catalog/bill.ts';
import { FLEX_REFUSED_RATIO } from '../catalog/service-tiers.ts';
import type { DecideInput, Rejection } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import { formatUsd, roundNanoUsd } from '../domain/money.ts';
import type { Effort, StepMode } from '../domain/step.ts';
import type { Ratio, Tokens } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';
import { stepFailureNanoUsd } from './dial.ts';
import { driftRatio } from './drift.ts';
import { escalationFloor, isIncumbent, rejectMode, rejectModel, rejectUnlikelier } from './eligibility.ts';
import { beatenHosts, groupIndices, hostViewOf, poolWithout, undrawnHosts, type AdmittedModel } from './hosts.ts';
import { bestLadders, combineChecks, type CombinedCheck, type Ladder, type LadderRung } from './ladder.ts';
import { longRatesOf, ratesOf } from './model-rates.ts';
import { raisedEffort, sizeAtEffort, successAtEffort, warmthAtEffort } from './more-effort.ts';
import { firstCallWarmth } from './prompt-head.ts';
import { mediaIn, priceStep, shapeOf, type StepCost, type StepShape, type StepWarmth } from './step-cost.ts';
import { clampRatio, insideHitRatio, secondsOf } from './step-terms.ts';

/** One eligible (model, mode) while it is being priced. Amounts are floats in nano-USD until the row is written. */
export interface DraftCandidate {
  readonly index: number;
  readonly model: Model;
  readonly modelIndex: number;
  /** Of the first host of the same model. */
  readonly groupIndex: number;
  readonly mode: StepMode;
  /** It tries again with more effort. */
  readonly effort: Effort | undefined;
  cost: StepCost;
  readonly warmTokens: Tokens;
  bill: number;
  penalty: number;
  readonly latency: number;
  /** Price of its host's failures. */
  readonly host: number;
  readonly turn: number;
  readonly success: Ratio;
  readonly drift: Ratio;
  ladder: Ladder;
  future: number;
  /** The future after writes of the one-hour class, and whether they are the better choice. */
  longFuture: number;
  isLong: boolean;
  /** By how much the future may be less than was found, at most; 0 where the search was exact. */
  gap: number;
  /** Others win whatever its future brings: `future` is the least that it may cost. */
  isBeaten: boolean;
}

/** Where a believed success is missing: an even chance, which neither trusts nor bars the model. */
export const UNKNOWN_SUCCESS: Ratio = 0.5;

export interface DraftedCandidates {
  readonly drafts: readonly DraftCandidate[];
  readonly rejected: Rejection[];
  readonly check: CombinedCheck | undefined;
  /** The pool without hosts that another host of the same model beats. */
  readonly searched: readonly Model[];
}

/** Prices every (model, mode) that the hard limits let through; `pool` is sorted by id. */
export function draftCandidates(input: DecideInput, pool: readonly Model[], isWhole = false): DraftedCandidates {
  const { step, policy, session } = input;
  const rejected: Rejection[] = [];
  const drafts: DraftCandidate[] = [];
  const incumbentFamily = familyOf(pool, session.incumbent);
  const limits = spendLimits(input);
  const dear: DraftCandidate[] = [];
  const admitted = admit(input, pool, rejected);
  const lesser = lesserHosts(input, pool, admitted, isWhole);
  rejected.push(...lesser.values());
  const groups = groupIndices(pool);
  for (const { model, modelIndex, modes, warmth } of admitted) {
    if (lesser.has(model)) continue;
    const effort = raisedEffort(input, model);
    const believed = input.quality.find((row) => row.model === model.id)?.successRatio ?? UNKNOWN_SUCCESS;
    const base = successAtEffort(believed, effort);
    const groupIndex = groups[modelIndex] ?? modelIndex;
    for (const mode of modes) {
      const tries = { mode, warmth: warmthAtEffort(input, model, { warmth, effort }), base, effort };
      const seed = { index: drafts.length, model, modelIndex, groupIndex, ...tries, incumbentFamily };
      const draft = draftOne(input, seed);
      if (draft.bill > Math.min(limits.ofJob, limits.ofStep)) dear.push(draft);
      else drafts.push(draft);
    }
  }
  drafts.push(...goesOnAnyway(input, drafts, dear, limits));
  rejected.push(...overBudget(dear, drafts, limits));
  const check = policy.ladder.maxRungs > 1 ? combineChecks(step.checks, policy.ladder.pessimismQuantile) : undefined;
  fillLadders(input, drafts, check);
  return {
    drafts,
    rejected,
    check,
    searched: poolWithout(pool, new Set(lesser.keys())),
  };
}

/** Hosts that another host of the same model stands in for: by the draw of a canary, or because it is better in every way. */
function lesserHosts(
  input: DecideInput,
  pool: readonly Model[],
  admitted: readonly AdmittedModel[],
  isWhole: boolean,
): ReadonlyMap<Model, Rejection> {
  const undrawn = undrawnHosts(input, admitted);
  const lesser = new Map([...undrawn].map(([model, why]) => [model, otherHost(model, why)]));
  if (isWhole) return lesser;
  const drawn = undrawn.size === 0 ? admitted : admitted.filter(({ model }) => !undrawn.has(model));
  for (const [model, { id }] of beatenHosts(input, pool, drawn))
    lesser.set(model, otherHost(model, `${id} is the same model for no more, as warm and as well.`));
  return lesser;
}

/** The models that the hard limits let through, and in which modes; why the others are out goes into `rejected`. */
function admit(input: DecideInput, pool: readonly Model[], rejected: Rejection[]): readonly AdmittedModel[] {
  const admitted: AdmittedModel[] = [];
  const floor = cooldownFloor(input, pool);
  const escalation = escalationFloor(input);
  for (const [modelIndex, model] of pool.entries()) {
    const rejection =
      rejectModel(input, model) ?? rejectUnlikelier(input, model, escalation) ?? rejectCooling(input, model, floor);
    if (rejection !== undefined) {
      rejected.push(rejection);
      continue;
    }
    const modes: StepMode[] = [];
    for (const mode of input.step.modes) {
      const barred = rejectMode(input, model, mode);
      if (barred === undefined) modes.push(mode);
      else rejected.push(barred);
    }
    const warmth = input.warmth.find((row) => row.model === model.id);
    if (modes.length > 0) admitted.push({ model, modelIndex, modes, warmth });
  }
  return admitted;
}

function otherHost({ id: model }: Model, why: string): Rejection {
  return { model, mode: undefined, code: 'other-host', why };
}

interface DraftSeed {
  readonly index: number;
  readonly model: Model;
  readonly modelIndex: number;
  readonly groupIndex: number;
  readonly mode: StepMode;
  readonly warmth: Warmth | undefined;
  readonly base: Ratio;
  readonly effort: Effort | undefined;
  readonly incumbentFamily: string | undefined;
}

function draftOne(input: DecideInput, seed: DraftSeed): DraftCandidate {
  const { model, mode, warmth } = seed;
  const { policy, step, session } = input;
  const size = sizeAtEffort(step.size, seed.effort);
  const shape = shapeOf(model, size, mode, session.transcriptTokens, mediaIn(session, model));
  const met = metWarmth(input, model, mode, warmth);
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  priceStep(ratesOf(model), shape, met, cost);
  const bill = cost.nanoUsd * peakFactorAt(model.prices, input.now);
  const drift = driftRatio(input.drift, seed.incumbentFamily, model.family, mode);
  const view = hostViewOf(input, model);
  const refused = view?.failureRatio ?? (model.serviceTier === undefined ? 0 : FLEX_REFUSED_RATIO);
  const waiting = policy.waitingNanoUsdPerSecond;
  return {
    index: seed.index,
    model,
    modelIndex: seed.modelIndex,
    groupIndex: seed.groupIndex,
    mode,
    effort: seed.effort,
    cost,
    warmTokens: met.warmTokens,
    bill,
    penalty: model.frontier ? bill * policy.frontierPenaltyRatio : 0,
    latency: waiting === 0 ? 0 : waiting * secondsOf(model, shape, view),
    host: refused === 0 ? 0 : refused * firstCallCold(model, shape),
    turn: view?.turn ?? 0,
    success: clampRatio(seed.base - drift),
    drift,
    ladder: NO_LADDER,
    future: 0,
    longFuture: 0,
    isLong: false,
    gap: 0,
    isBeaten: false,
  };
}

/** The bill of a step's first call where nothing is warm: what a call costs that is made elsewhere, since its host failed. */
function firstCallCold(model: Model, shape: StepShape): number {
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  const one = { ...shape, callCount: 1, workRatio: 1 };
  return priceStep(ratesOf(model), one, { warmTokens: 0, hitRatio: 0, insideHitRatio: 0 }, cost).nanoUsd;
}

function metWarmth(input: DecideInput, model: Model, mode: StepMode, warmth: Warmth | undefined): StepWarmth {
  const { step, session } = input;
  const heads = { mode, sharedHead: session.head, freshHead: step.freshHead };
  return {
    ...firstCallWarmth(model, warmth, heads),
    insideHitRatio: insideHitRatio(model, warmth, step.callGapMs),
  };
}

/**
 * Takes the one-hour write class where what it saves later is more than it costs now. Limits and ladders keep to the
 * default class, which is never dearer.
 */
export function chooseWriteClass(input: DecideInput, draft: DraftCandidate): void {
  const { model, mode } = draft;
  if (mode !== 'continue' || draft.longFuture >= draft.future) return;
  const rates = longRatesOf(model);
  if (rates === undefined) return;
  const { effort } = draft;
  const warmth = warmthAtEffort(input, model, {
    warmth: input.warmth.find((row) => row.model === model.id),
    effort,
  });
  const size = sizeAtEffort(input.step.size, effort);
  const shape = shapeOf(model, size, mode, input.session.transcriptTokens, mediaIn(input.session, model));
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  priceStep(rates, shape, metWarmth(input, model, mode, warmth), cost);
  const bill = cost.nanoUsd * peakFactorAt(model.prices, input.now);
  const penalty = model.frontier ? bill * input.policy.frontierPenaltyRatio : 0;
  if (bill + penalty + draft.longFuture >= draft.bill + draft.penalty + draft.future) return;
  draft.cost = cost;
  draft.bill = bill;
  draft.penalty = penalty;
  draft.future = draft.longFuture;
  draft.isLong = true;
}

const NO_LADDER: Ladder = { rungs: [], spendNanoUsd: 0, failureNanoUsd: 0 };

function fillLadders(input: DecideInput, drafts: readonly DraftCandidate[], check: CombinedCheck | undefined): void {
  const failureNanoUsd = stepFailureNanoUsd(input.policy, input.step);
  const checkOf = check === undefined ? undefined : familyChecks(input);
  const ladders = bestLadders(
    drafts.map((draft) => ({
      index: draft.index,
      modelIndex: draft.groupIndex,
      spendNanoUsd: draft.bill + draft.penalty + draft.latency,
      successRatio: draft.success,
      abilityRatio: draft.success + draft.drift,
      ...checkOf?.(draft.model.family),
    })),
    { check, maxRungs: input.policy.ladder.maxRungs, failureNanoUsd },
  );
  for (const [at, ladder] of ladders.entries()) {
    const draft = drafts[at];
    if (draft !== undefined) draft.ladder = ladder;
  }
}

/** The step's checks as they tell of each family's results; `undefined` where they tell the same of all. */
function familyChecks({ step, policy }: DecideInput): ((family: string) => Pick<LadderRung, 'check'>) | undefined {
  if (step.checks.every((check) => check.byFamily === undefined)) return undefined;
  const known = new Map<string, Pick<LadderRung, 'check'>>();
  return (family) => {
    let own = known.get(family);
    if (own === undefined) {
      const check = combineChecks(step.checks, policy.ladder.pessimismQuantile, family);
      known.set(family, (own = check === undefined ? {} : { check }));
    }
    return own;
  };
}

export function familyOf(pool: readonly Model[], id: string | undefined): string | undefined {
  return id === undefined ? undefined : pool.find((model) => model.id === id)?.family;
}

/** What a step may bill at most, by what is left of the job and by its own limit. */
interface SpendLimits {
  readonly ofJob: number;
  readonly ofStep: number;
}

function spendLimits({ budget, policy, session }: DecideInput): SpendLimits {
  const { jobNanoUsd, stepNanoUsd } = policy.budget;
  const ofJob = budget.jobLeftNanoUsd ?? (jobNanoUsd === undefined ? undefined : jobNanoUsd - session.spentNanoUsd);
  const ofStep = budget.stepLeftNanoUsd ?? stepNanoUsd;
  return { ofJob: ofJob ?? Number.POSITIVE_INFINITY, ofStep: ofStep ?? Number.POSITIVE_INFINITY };
}

/** Where no step fits into what is left, and each call is held to it: the cheapest. */
function goesOnAnyway(
  { budget }: DecideInput,
  drafts: readonly DraftCandidate[],
  dear: readonly DraftCandidate[],
  { ofJob, ofStep }: SpendLimits,
): readonly DraftCandidate[] {
  if (drafts.length > 0 || budget.isHeldByCall !== true || ofJob <= 0) return [];
  const fitting = dear.filter(({ bill }) => bill <= ofStep).sort((one, other) => one.bill - other.bill);
  return fitting.slice(0, 1);
}

function overBudget(
  dear: readonly DraftCandidate[],
  drafts: readonly DraftCandidate[],
  { ofJob, ofStep }: SpendLimits,
): readonly Rejection[] {
  if (dear.length === 0) return [];
  const left = formatUsd(roundNanoUsd(Math.max(0, Math.min(ofJob, ofStep))));
  return dear
    .filter((draft) => draft !== drafts[0])
    .map(({ model, mode, bill }) => {
      const why = `It is expected to bill ${formatUsd(roundNanoUsd(bill))}, and ${left} is left.`;
      return { model: model.id, mode, code: 'over-budget', why };
    });
}

/** While an escalation cools down: the price that no model may go under, that of the incumbent on this step when cold. */
function cooldownFloor(input: DecideInput, pool: readonly Model[]): number | undefined {
  const { session, policy, now } = input;
  if (session.lastEscalationAt === undefined || input.override !== undefined) return undefined;
  if (now - session.lastEscalationAt >= policy.escalationCooldownMs) return undefined;
  const incumbent = pool.find((model) => model.id === session.incumbent);
  return incumbent && coldBill(input, incumbent);
}

function rejectCooling(input: DecideInput, model: Model, floor: number | undefined): Rejection | undefined {
  if (floor === undefined || isIncumbent(input, model) || coldBill(input, model) >= floor) return undefined;
  const why = `The session was escalated less than ${Math.round(input.policy.escalationCooldownMs / 1000)} s ago.`;
  return { model: model.id, mode: undefined, code: 'cooldown', why };
}

function coldBill(input: DecideInput, model: Model): number {
  const shape = shapeOf(
    model,
    input.step.size,
    'continue',
    input.session.transcriptTokens,
    mediaIn(input.session, model),
  );
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  return priceStep(ratesOf(model), shape, { warmTokens: 0, hitRatio: 0, insideHitRatio: 1 }, cost).nanoUsd;
}
