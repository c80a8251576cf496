import { clampRatio, familyOf, insideHitRatio, secondsOf } from '../candidates.ts';
import { lastPromptTokens, longestPromptTokens, priceStep, shapeOf, transcriptAfter } from '../step-cost.ts';
import { modesFor, rejectAlways, rejectForKind, rejectForRequirements } from '../eligibility.ts';
import type { At, Ratio, Tokens } from '../../domain/time.ts';
import type { CombinedCheck } from '../ladder.ts';
import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { ModelRates, Rates } from '../model-rates.ts';
import type { StepCost, StepShape } from '../step-cost.ts';
import { NumberRoom } from './number-room.ts';
import { STEP_MODES } from '../../domain/step.ts';
import type { StepMode } from '../../domain/step.ts';
import type { Warmth } from '../../domain/warmth.ts';
import { combineChecks } from '../ladder.ts';
import { stepFailureNanoUsd } from '../dial.ts';
import { driftRatio } from '../drift.ts';
import { idleBucketOf } from '../../domain/warmth.ts';
import { headTablesOf } from './head-tables.ts';
import type { HeadTables } from './head-tables.ts';
import { heldHead } from '../prompt-head.ts';
import { peakFactorAt } from '../../catalog/bill.ts';
import { longRatesOf, ratesFor, ratesOf } from '../model-rates.ts';

/** When a model was last used: what the ledger says, the step being decided, or a forecast step plus this. */
export const SLOT_LEDGER = 0;
export const SLOT_NOW = 1;
export const SLOT_FORECAST = 2;

/**
 * The steps to come as flat tables, so that a search touches numbers only. Index `j` is a forecast step, `m` a model of
 * `models`, `f` a family (the last one stands for "nothing written yet"). Amounts are nano-USD, already multiplied by the
 * step's probability, the frontier penalty and peak hours; tokens of warm prefixes are the model's own, transcripts are
 * in reference tokens.
 */
export interface Problem extends HeadTables {
  readonly stepCount: number;
  readonly modelCount: number;
  readonly familyCount: number;
  readonly models: readonly Model[];
  readonly familyIndex: Int32Array;
  readonly incumbentFamily: number;
  readonly tokenRatio: Float64Array;
  /** Shorter prompts leave nothing warm. */
  readonly minTokens: Float64Array;
  /** [j·M + m] 1 where the model may continue the shared transcript. */
  readonly canContinue: Uint8Array;
  /** Bill of continuing from transcript T with L tokens that hit with probability h: fixed + perToken·T − perWarm·h·L. */
  readonly fixed: Float64Array;
  readonly perToken: Float64Array;
  readonly perWarm: Float64Array;
  /** [j·M + m] 1 where the bill is not linear over the transcripts that may occur. */
  readonly isCurved: Uint8Array;
  /** What does not depend on caches: failure, latency, later rungs. Already inside `fixed`. */
  readonly aside: Float64Array;
  /** [j·M + m] cost of losing all of P(success): drift is multiplied by it. */
  readonly perDrift: Float64Array;
  /** [f·M + m] drift of continuing. */
  readonly continueDrift: Float64Array;
  /** [(j·slots + slot)·M + m] P(hit) of a prefix last used in that slot; 0 past its time to live. */
  readonly hit: Float64Array;
  readonly slotCount: number;
  /** A prefix written for an hour is in the slot that lies this much further; 0 where no step may gain by that. */
  readonly longOffset: number;
  /** [j·M + m] and [m], for the present step: 1 where the long class outlives a pause that the default one does not. */
  readonly canLong: Uint8Array;
  readonly canLongNow: Uint8Array;
  /** `fixed`, `perToken`, `perWarm` of continuing with writes of the long class. Empty without `longOffset`. */
  readonly longFixed: Float64Array;
  readonly longPerToken: Float64Array;
  readonly longPerWarm: Float64Array;
  /** [j] instruction, [j·M + m] transcript growth and prompt growth of continuing; [j] what a fresh step leaves. */
  readonly instruction: Float64Array;
  readonly growth: Float64Array;
  readonly promptGrowth: Float64Array;
  readonly freshGrowth: Float64Array;
  /** Fresh contexts that are told apart at each step: one per model where heads are tracked, else the cheapest alone. */
  readonly freshWidth: number;
  /** [(j·F + f)·W + i] cold bill of a fresh context; infinite where none is allowed. */
  readonly fresh: Float64Array;
  /** [j·W + i] what a warm head saves of it. */
  readonly freshSave: Float64Array;
  /** [j] least that steps j… can cost together. */
  readonly floor: Float64Array;
  /** [j·M + m] the most that one warm token can save at steps j… before its model has caught up. */
  readonly warmWorth: Float64Array;
  /** [j·M + m] what a warm transcript can save in all at steps j…, given that a fresh context is the alternative. */
  readonly warmCap: Float64Array;
  /** [j] parallel group, −1 for none; the same for the step being decided. */
  readonly group: Int32Array;
  readonly currentGroup: number;
  readonly hasGroups: boolean;
  readonly hasDrift: boolean;
  /** True where some bill is not linear in the transcript: a shorter one may then be dearer. */
  readonly hasCurves: boolean;
  readonly warmTokens: Float64Array;
  /** Bill of a curved step, from scratch. */
  readonly curvedBill: (step: number, model: number, transcript: Tokens, read: Tokens, isLong: boolean) => number;
}

/** Where the present step may leave the session: the transcript's length range and when it ends. */
export interface Departure {
  readonly endsAt: At;
  readonly minTranscript: Tokens;
  readonly maxTranscript: Tokens;
}

const CONTINUE_ONLY: StepMode = 'continue';
const NONE = new Float64Array(0);

export function buildProblem(
  input: DecideInput,
  pool: readonly Model[],
  steps: readonly ForecastStep[],
  departure: Departure,
): Problem {
  const models = pool.filter((model) => rejectAlways(input.policy, model) === undefined);
  return new ProblemBuilder(input, pool, models, steps, departure).build();
}

/** Fills the tables step by step. One object so that the many arrays have one owner. */
class ProblemBuilder {
  private readonly modelCount: number;
  private readonly families: readonly string[];
  private readonly warmth: readonly (Warmth | undefined)[];
  private readonly rates: readonly ModelRates[];
  private readonly cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  private readonly startsAt: Float64Array;
  private readonly endsAt: Float64Array;
  private readonly driftTable: Float64Array;
  /** [j] the shortest transcript that step j may meet. */
  private readonly shortest: Float64Array;
  private readonly longRates: readonly (ModelRates | undefined)[];
  private readonly tables: Mutable<Omit<Problem, 'curvedBill'>>;
  private readonly input: DecideInput;
  private readonly models: readonly Model[];
  private readonly steps: readonly ForecastStep[];

  constructor(
    input: DecideInput,
    pool: readonly Model[],
    models: readonly Model[],
    steps: readonly ForecastStep[],
    departure: Departure,
  ) {
    this.input = input;
    this.models = models;
    this.steps = steps;
    const n = steps.length;
    const m = (this.modelCount = models.length);
    this.families = [...new Set(models.map((model) => model.family))];
    const incumbent = familyOf(pool, input.session.incumbent);
    const known = incumbent === undefined || this.families.includes(incumbent);
    if (!known) this.families = [...this.families, incumbent];
    const f = this.families.length + 1;
    this.warmth = models.map((model) => input.warmth.find((row) => row.model === model.id));
    this.rates = models.map(ratesOf);
    this.longRates = models.map(longRatesOf);
    const heads = headTablesOf(input, models, steps);
    const freshWidth = heads.headCount > 0 ? m : 1;
    const room = new NumberRoom();
    this.driftTable = room.floats(STEP_MODES.length * f * m).fill(Number.NaN);
    this.shortest = room.floats(n);
    this.startsAt = room.floats(n);
    this.endsAt = room.floats(n);
    this.tables = {
      ...heads,
      stepCount: n,
      modelCount: m,
      familyCount: f,
      models,
      familyIndex: Int32Array.from(models, (model) => this.families.indexOf(model.family)),
      incumbentFamily: incumbent === undefined ? f - 1 : this.families.indexOf(incumbent),
      tokenRatio: room.floatsOf(models, (model) => model.tokenRatio),
      minTokens: room.floatsOf(this.rates, (rates) => rates.minTokens),
      canContinue: room.flags(n * m),
      fixed: room.floats(n * m),
      perToken: room.floats(n * m),
      perWarm: room.floats(n * m),
      isCurved: room.flags(n * m),
      aside: room.floats(n * m),
      perDrift: room.floats(n * m),
      continueDrift: room.floats(f * m),
      hit: NONE,
      slotCount: n + SLOT_FORECAST,
      longOffset: 0,
      canLong: room.flags(n * m),
      canLongNow: room.flags(m),
      longFixed: NONE,
      longPerToken: NONE,
      longPerWarm: NONE,
      instruction: room.floatsOf(steps, (step) => step.size.instructionTokens),
      growth: room.floats(n * m),
      promptGrowth: room.floats(n * m),
      freshGrowth: room.floatsOf(steps, (step) => step.size.resultTokens),
      freshWidth,
      fresh: room.floats(n * f * freshWidth).fill(Number.POSITIVE_INFINITY),
      freshSave: room.floats(n * freshWidth),
      floor: room.floats(n + 1),
      warmWorth: room.floats((n + 1) * m),
      warmCap: room.floats((n + 1) * m),
      group: runsOf(input.step.parallelGroup, steps),
      currentGroup: input.step.parallelGroup === undefined ? -1 : 0,
      hasGroups: steps.some((step) => step.parallelGroup !== undefined),
      hasDrift: false,
      hasCurves: false,
      warmTokens: room.floatsOf(this.warmth, (row) => row?.warmTokens ?? 0),
    };
    this.placeInTime(departure.endsAt);
    this.findLongGaps(departure.endsAt);
    this.fillDrift();
    let range: Range = { low: departure.minTranscript, high: departure.maxTranscript };
    let met = range;
    for (let step = 0; step < n; step += 1) {
      // Branches of a parallel group all meet the transcript as it was before the first of them.
      const before = step === 0 ? this.tables.currentGroup : (this.tables.group[step - 1] ?? -1);
      const joins = this.tables.group[step] !== -1 && this.tables.group[step] === before;
      if (!joins) met = range;
      this.shortest[step] = met.low;
      const growth = this.fillStep(step, met);
      range = { low: range.low + growth.low, high: range.high + growth.high };
    }
  }

  build(): Problem {
    this.fillHits();
    this.fillFloors();
    const { tables, rates, longRates, models, steps, cost, warmth, startsAt } = this;
    const { policy } = this.input;
    return {
      ...tables,
      curvedBill: (step, model, transcript, read, isLong) => {
        const which = models[model];
        const rate = isLong ? longRates[model] : rates[model];
        const size = steps[step]?.size;
        const forecast = steps[step];
        if (which === undefined || rate === undefined || size === undefined || forecast === undefined) return 0;
        const shape = shapeOf(which, size, CONTINUE_ONLY, transcript);
        if (lastPromptTokens(shape) + shape.outputTokens > which.contextTokens) return Number.POSITIVE_INFINITY;
        const inside = insideHitRatio(which, warmth[model], forecast.callGapMs);
        priceStep(rate, shape, { warmTokens: read, hitRatio: 1, insideHitRatio: inside }, cost);
        const penalty = which.frontier ? 1 + policy.frontierPenaltyRatio : 1;
        const bill = cost.nanoUsd * penalty * peakFactorAt(which.prices, startsAt[step] ?? 0);
        return bill * forecast.probabilityRatio + (tables.aside[step * tables.modelCount + model] ?? 0);
      },
    };
  }

  /** Steps follow each other; steps of one parallel group start together. */
  private placeInTime(from: At): void {
    let clock = from;
    for (const [at, step] of this.steps.entries()) {
      const previous = this.steps[at - 1]?.parallelGroup ?? (at === 0 ? this.input.step.parallelGroup : undefined);
      const joins = step.parallelGroup !== undefined && step.parallelGroup === previous;
      const start = joins ? (at === 0 ? this.input.now : (this.startsAt[at - 1] ?? clock)) : clock + step.gapMs;
      this.startsAt[at] = start;
      this.endsAt[at] = start + Math.max(0, step.size.callCount - 1) * step.callGapMs;
      clock = Math.max(clock, this.endsAt[at] ?? start);
    }
  }

  /** Where a prefix that a step leaves would be gone, but for the long class, when a later step begins. */
  private findLongGaps(presentEnd: At): void {
    const { tables, models, longRates, startsAt, endsAt } = this;
    const { stepCount, modelCount } = tables;
    if (this.input.mayWriteLong !== true) return;
    for (const [model, { cacheRule: rule }] of models.entries()) {
      if (longRates[model] === undefined || rule.kind === 'none' || rule.longTtlMs === undefined) continue;
      const { ttlMs, longTtlMs } = rule;
      const outlives = (endAt: At, from: number): boolean =>
        startsAt.subarray(from).some((start) => start - endAt > ttlMs && start - endAt <= longTtlMs);
      if (outlives(presentEnd, 0)) tables.canLongNow[model] = 1;
      for (let step = 0; step < stepCount; step += 1) {
        if (outlives(endsAt[step] ?? 0, step + 1)) tables.canLong[step * modelCount + model] = 1;
      }
    }
    if (!tables.canLongNow.includes(1) && !tables.canLong.includes(1)) return;
    tables.longOffset = tables.slotCount;
    tables.slotCount *= 2;
    tables.longFixed = new Float64Array(stepCount * modelCount);
    tables.longPerToken = new Float64Array(stepCount * modelCount);
    tables.longPerWarm = new Float64Array(stepCount * modelCount);
  }

  private fillDrift(): void {
    const { modelCount, familyCount, continueDrift } = this.tables;
    for (let family = 0; family < familyCount; family += 1) {
      for (let model = 0; model < modelCount; model += 1) {
        const loss = this.drift(family, model, CONTINUE_ONLY);
        continueDrift[family * modelCount + model] = loss;
        if (loss !== 0) this.tables.hasDrift = true;
      }
    }
  }

  private drift(family: number, model: number, mode: StepMode): Ratio {
    const cell = (STEP_MODES.indexOf(mode) * (this.families.length + 1) + family) * this.modelCount + model;
    let loss = this.driftTable[cell] ?? Number.NaN;
    if (Number.isNaN(loss)) {
      loss = driftRatio(this.input.drift, this.families[family], this.models[model]?.family ?? '', mode);
      this.driftTable[cell] = loss;
    }
    return loss;
  }

  /** Prices every way to take a step, and returns by how much the transcript may grow. */
  private fillStep(at: number, range: Range): Range {
    const step = this.steps[at];
    if (step === undefined) return { low: 0, high: 0 };
    const { policy, session } = this.input;
    const { modelCount, tables } = this;
    const modes = modesFor(policy, step.kind, step.modes);
    const check = policy.ladder.maxRungs > 1 ? combineChecks(step.checks, policy.ladder.pessimismQuantile) : undefined;
    const gamma = stepFailureNanoUsd(policy, step);
    const eligible: number[] = [];
    for (let model = 0; model < modelCount; model += 1) {
      const which = this.models[model];
      if (which !== undefined && this.mayTake(which, step)) eligible.push(model);
    }
    const tails = check === undefined ? [] : this.tails(step, at, eligible, modes, { low: range.low, gamma });
    const hasFresh = modes.some((mode) => mode !== CONTINUE_ONLY);
    let least = hasFresh || eligible.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    let most = hasFresh ? step.size.resultTokens : 0;
    if (hasFresh && eligible.length > 0) least = step.size.resultTokens;
    for (const model of eligible) {
      const which = this.models[model];
      if (which === undefined) continue;
      const rest = afterwards(this.success(step, which), {
        check,
        gamma,
        tail: tails.find((tail) => tail.model !== model),
      });
      const cell = at * modelCount + model;
      const weight = step.probabilityRatio;
      tables.perDrift[cell] = rest.perDrift * weight;
      for (const mode of modes) {
        if (mode === CONTINUE_ONLY) {
          if (session.boundTo !== undefined && session.boundTo !== which.endpoint) continue;
          this.fillContinue(at, model, rest.cost, range);
          if (tables.canContinue[cell] === 0) continue;
          const growth = tables.growth[cell] ?? 0;
          least = Math.min(least, growth);
          most = Math.max(most, growth);
        } else this.fillFresh(at, model, mode, rest);
      }
    }
    return { low: Number.isFinite(least) ? least : 0, high: most };
  }

  private mayTake(model: Model, step: ForecastStep): boolean {
    return (
      (step.onlyModels === undefined || step.onlyModels.includes(model.id)) &&
      rejectForKind(this.input.policy, model, step.kind) === undefined &&
      rejectForRequirements(step.requirements, model) === undefined
    );
  }

  private success(step: ForecastStep, model: Model): Ratio {
    return step.quality.find((row) => row.model === model.id)?.successRatio ?? 0.5;
  }

  /** What an escalation would cost on each model at its cheapest, cheapest first: fresh, or continued from cold. */
  private tails(
    step: ForecastStep,
    at: number,
    eligible: readonly number[],
    modes: readonly StepMode[],
    base: { readonly low: Tokens; readonly gamma: number },
  ): readonly Tail[] {
    return eligible
      .map((model): Tail => {
        const which = this.models[model];
        if (which === undefined) return { model, nanoUsd: Number.POSITIVE_INFINITY };
        const bills = modes.map((mode) => this.bill(at, model, shapeOf(which, step.size, mode, base.low)));
        return { model, nanoUsd: Math.min(...bills) + (1 - this.success(step, which)) * base.gamma };
      })
      .sort((a, b) => a.nanoUsd - b.nanoUsd || a.model - b.model)
      .slice(0, 2);
  }

  /** Cold bill of a step on a model, frontier penalty, peak hours and waiting included. */
  private bill(at: number, model: number, shape: StepShape): number {
    const which = this.models[model];
    const rate = this.rates[model];
    const step = this.steps[at];
    if (which === undefined || rate === undefined || step === undefined) return Number.POSITIVE_INFINITY;
    if (lastPromptTokens(shape) + shape.outputTokens > which.contextTokens) return Number.POSITIVE_INFINITY;
    const inside = insideHitRatio(which, this.warmth[model], step.callGapMs);
    priceStep(rate, shape, { warmTokens: 0, hitRatio: 0, insideHitRatio: inside }, this.cost);
    return this.cost.nanoUsd * this.factor(at, which) + this.waiting(which, shape);
  }

  private factor(at: number, model: Model): number {
    const penalty = model.frontier ? 1 + this.input.policy.frontierPenaltyRatio : 1;
    return penalty * peakFactorAt(model.prices, this.startsAt[at] ?? 0);
  }

  private waiting(model: Model, shape: StepShape): number {
    const tau = this.input.policy.waitingNanoUsdPerSecond;
    return tau === 0 ? 0 : tau * secondsOf(model, shape);
  }

  private fillContinue(at: number, model: number, rest: number, range: Range): void {
    const which = this.models[model];
    const rate = this.rates[model];
    const step = this.steps[at];
    if (which === undefined || rate === undefined || step === undefined) return;
    const { tables } = this;
    const cell = at * this.modelCount + model;
    const short = shapeOf(which, step.size, CONTINUE_ONLY, range.low);
    const longest = shapeOf(which, step.size, CONTINUE_ONLY, range.high);
    if (lastPromptTokens(short) + short.outputTokens > which.contextTokens) return;
    const weight = step.probabilityRatio;
    tables.canContinue[cell] = 1;
    tables.aside[cell] = (rest + this.waiting(which, short)) * weight;
    tables.growth[cell] = transcriptAfter(which, step.size, CONTINUE_ONLY, 0);
    tables.promptGrowth[cell] = lastPromptTokens(short) - short.promptTokens;
    // A token to spare on either side: sums of lengths carry rounding errors.
    const row = ratesFor(rate, short.promptTokens - 1);
    const isUniform = row === ratesFor(rate, longestPromptTokens(longest) + 1);
    const isCached = short.promptTokens - 1 >= rate.minTokens || rate.minTokens <= 0;
    const isUncached = longestPromptTokens(longest) + 1 < rate.minTokens;
    const fits = lastPromptTokens(longest) + longest.outputTokens <= which.contextTokens;
    if (!isUniform || !fits || (!isCached && !isUncached)) tables.isCurved[cell] = 1;
    if (tables.isCurved[cell] === 1) tables.hasCurves = true;
    const line = this.lineOf(at, model, rate, { short, isUncached, low: range.low });
    tables.perToken[cell] = line.perToken;
    tables.fixed[cell] = line.fixed;
    tables.perWarm[cell] = line.perWarm;
    const longRate = this.longRates[model];
    if (tables.canLong[cell] === 0 || longRate === undefined) return;
    const long = this.lineOf(at, model, longRate, { short, isUncached, low: range.low });
    tables.longPerToken[cell] = long.perToken;
    tables.longFixed[cell] = long.fixed;
    tables.longPerWarm[cell] = long.perWarm;
  }

  /** The bill of continuing as a line over the transcript's length. */
  private lineOf(
    at: number,
    model: number,
    rate: ModelRates,
    of: { readonly short: StepShape; readonly isUncached: boolean; readonly low: Tokens },
  ): { readonly fixed: number; readonly perToken: number; readonly perWarm: number } {
    const which = this.models[model];
    const step = this.steps[at];
    if (which === undefined || step === undefined) return { fixed: 0, perToken: 0, perWarm: 0 };
    const { short, isUncached } = of;
    const cell = at * this.modelCount + model;
    const isCurved = this.tables.isCurved[cell] === 1;
    const row = ratesFor(rate, short.promptTokens - 1);
    const factor = this.factor(at, which) * step.probabilityRatio;
    const inside = insideHitRatio(which, this.warmth[model], step.callGapMs);
    const atLow = priceStep(rate, short, { warmTokens: 0, hitRatio: 0, insideHitRatio: inside }, this.cost).nanoUsd;
    const calls = short.callCount - 1;
    const slope = isUncached
      ? row.input * (1 + calls)
      : row.write + calls * (inside * row.read + (1 - inside) * row.write);
    const perToken = slope * which.tokenRatio * factor;
    return {
      perToken,
      fixed: atLow * factor - perToken * of.low + (this.tables.aside[cell] ?? 0),
      perWarm: isUncached && !isCurved ? 0 : this.warmPrice(rate, row, isCurved) * factor,
    };
  }

  /** What a warm token saves: exactly inside one price tier, at most where several may apply. */
  private warmPrice(rate: ModelRates, row: Rates, isCurved: boolean): number {
    if (!isCurved) return row.write - row.read;
    return Math.max(...[rate.base, ...rate.tiers.map((tier) => tier.rates)].map((one) => one.write - one.read));
  }

  private fillFresh(at: number, model: number, mode: StepMode, rest: Afterwards): void {
    const which = this.models[model];
    const rate = this.rates[model];
    const step = this.steps[at];
    if (which === undefined || rate === undefined || step === undefined) return;
    const shape = shapeOf(which, step.size, mode, 0);
    const bill = this.bill(at, model, shape);
    const { familyCount, fresh, freshSave, freshWidth, freshHead, headTokens } = this.tables;
    const option = freshWidth === 1 ? 0 : model;
    for (let family = 0; family < familyCount; family += 1) {
      const loss = this.drift(family, model, mode);
      const total = (bill + rest.cost + loss * rest.perDrift) * step.probabilityRatio;
      const cell = (at * familyCount + family) * freshWidth + option;
      if (total < (fresh[cell] ?? 0)) fresh[cell] = total;
    }
    const head = freshHead[at] ?? -1;
    if (head < 0 || freshWidth === 1 || !Number.isFinite(bill)) return;
    const { write, read } = ratesFor(rate, shape.promptTokens);
    const tokens = Math.min(headTokens[head * this.modelCount + model] ?? 0, shape.promptTokens);
    const weight = this.factor(at, which) * step.probabilityRatio * shape.workRatio;
    const saved = tokens * Math.max(0, write - read) * weight;
    const known = freshSave[at * freshWidth + option] ?? 0;
    // Where two modes read the head at different prices, the lesser saving is certain.
    freshSave[at * freshWidth + option] = known === 0 ? saved : Math.min(known, saved);
  }

  private fillHits(): void {
    const { tables } = this;
    const { stepCount, modelCount, slotCount, longOffset, group, currentGroup } = tables;
    const hit = (tables.hit = new Float64Array(stepCount * slotCount * modelCount));
    for (let step = 0; step < stepCount; step += 1) {
      const start = this.startsAt[step] ?? 0;
      const own = group[step] ?? -1;
      for (let slot = 0; slot < step + SLOT_FORECAST; slot += 1) {
        const slotGroup =
          slot === SLOT_LEDGER ? -1 : slot === SLOT_NOW ? currentGroup : (group[slot - SLOT_FORECAST] ?? -1);
        if (own !== -1 && own === slotGroup) continue;
        for (let model = 0; model < modelCount; model += 1) {
          hit[(step * slotCount + slot) * modelCount + model] = this.hitRatio(model, slot, start, false);
          if (longOffset === 0 || slot === SLOT_LEDGER) continue;
          hit[(step * slotCount + slot + longOffset) * modelCount + model] = this.hitRatio(model, slot, start, true);
        }
      }
      this.fillLedgerHeads(step, start);
    }
  }

  /** A head that the ledger holds less of than it has by now counts for its share. */
  private fillLedgerHeads(step: number, start: At): void {
    const { heads, headCount, modelCount, headTokens, ledgerHeadHit } = this.tables;
    for (const [head, which] of heads.entries()) {
      for (let model = 0; model < modelCount; model += 1) {
        const tokens = headTokens[head * modelCount + model] ?? 0;
        const held = heldHead(this.warmth[model], which);
        if (tokens <= 0 || held === undefined || start - held.lastUsedAt > held.ttlMs) continue;
        const row = this.warmth[model]?.hitRatios?.[this.input.step.trigger];
        const ratio = row?.[idleBucketOf(Math.max(0, start - held.lastUsedAt))] ?? held.hitRatio;
        ledgerHeadHit[(step * headCount + head) * modelCount + model] = ratio * Math.min(1, held.warmTokens / tokens);
      }
    }
  }

  private hitRatio(model: number, slot: number, at: At, isLong: boolean): Ratio {
    const rule = this.models[model]?.cacheRule;
    if (rule === undefined || rule.kind === 'none') return 0;
    const row = this.warmth[model];
    const { input } = this;
    const currentEnd = input.now + Math.max(0, input.step.size.callCount - 1) * input.step.callGapMs;
    const usedAt =
      slot === SLOT_LEDGER
        ? (row?.lastUsedAt ?? at)
        : slot === SLOT_NOW
          ? currentEnd
          : (this.endsAt[slot - SLOT_FORECAST] ?? at);
    const idleMs = at - usedAt;
    const ownTtlMs = isLong ? (rule.longTtlMs ?? rule.ttlMs) : rule.ttlMs;
    const ttlMs = slot === SLOT_LEDGER ? (row?.ttlMs ?? rule.ttlMs) : ownTtlMs;
    if (idleMs > ttlMs) return 0;
    if (row === undefined) return rule.priorHitRatio;
    return row.hitRatios?.[input.step.trigger][idleBucketOf(Math.max(0, idleMs))] ?? row.hitRatio;
  }

  /** For each step the cheapest it can be, everything warm and the transcript as short as it can be, summed from behind. */
  private fillFloors(): void {
    const { stepCount, modelCount, familyCount, floor, warmWorth, warmCap, perWarm, freshWidth, fresh, freshSave } =
      this.tables;
    // A cache that lags behind catches up once; but branches of a parallel group each pay for it.
    const runWorth = new Float64Array((stepCount + 1) * modelCount);
    for (let step = stepCount - 1; step >= 0; step -= 1) {
      const own = this.tables.group[step] ?? -1;
      const isInRun = own !== -1 && own === this.tables.group[step + 1];
      let least = Number.POSITIVE_INFINITY;
      for (let family = 0; family < familyCount; family += 1) {
        for (let option = 0; option < freshWidth; option += 1) {
          const cold = fresh[(step * familyCount + family) * freshWidth + option] ?? 0;
          least = Math.min(least, cold - (freshSave[step * freshWidth + option] ?? 0));
        }
      }
      const apart = least;
      for (let model = 0; model < modelCount; model += 1) {
        const cell = step * modelCount + model;
        const continued = this.continueFloor(step, model);
        const gain = continued < apart ? apart - continued : 0;
        warmCap[cell] = gain + (warmCap[cell + modelCount] ?? 0);
        least = Math.min(least, continued);
        const price = Math.max(perWarm[cell] ?? 0, this.tables.longPerWarm[cell] ?? 0);
        const run = price + (isInRun ? (runWorth[cell + modelCount] ?? 0) : 0);
        runWorth[cell] = run;
        warmWorth[cell] = Math.max(run, warmWorth[cell + modelCount] ?? 0);
        this.fillHeadWorth(step, model, price, isInRun);
      }
      floor[step] = (Number.isFinite(least) ? least : 0) + (floor[step + 1] ?? 0);
    }
  }

  private fillHeadWorth(step: number, model: number, perWarm: number, isInRun: boolean): void {
    const { headCount, modelCount, sharedHead, freshHead, freshSave, freshWidth, headTokens, headWorth } = this.tables;
    for (let head = 0; head < headCount; head += 1) {
      const continued = head === sharedHead ? perWarm * (headTokens[head * modelCount + model] ?? 0) : 0;
      const apart = head === freshHead[step] ? (freshSave[step * freshWidth + model] ?? 0) : 0;
      const own = Math.max(continued, apart);
      const later = headWorth[((step + 1) * headCount + head) * modelCount + model] ?? 0;
      // In a run the later worth may be that of one branch or of what comes after it; their sum is never too little.
      headWorth[(step * headCount + head) * modelCount + model] = isInRun ? own + later : Math.max(own, later);
    }
  }

  private continueFloor(step: number, model: number): number {
    const { modelCount, familyCount, canContinue, isCurved, aside, fixed, perToken, perWarm } = this.tables;
    const cell = step * modelCount + model;
    if (canContinue[cell] === 0) return Number.POSITIVE_INFINITY;
    let drift = Number.POSITIVE_INFINITY;
    for (let family = 0; family < familyCount; family += 1) {
      drift = Math.min(drift, this.tables.continueDrift[family * modelCount + model] ?? 0);
    }
    const drifted = drift * (this.tables.perDrift[cell] ?? 0);
    if (isCurved[cell] === 1) return (aside[cell] ?? 0) + drifted;
    const ratio = this.tables.tokenRatio[model] ?? 1;
    // Wholly warm: every token of the transcript and the instruction costs the read price instead of the write price.
    const slope = (perToken[cell] ?? 0) - (perWarm[cell] ?? 0) * ratio;
    const shortest = this.shortest[step] ?? 0;
    const instruction = (this.tables.instruction[step] ?? 0) * ratio * (perWarm[cell] ?? 0);
    return (fixed[cell] ?? 0) + Math.max(0, slope) * shortest + Math.min(0, slope) * shortest - instruction + drifted;
  }
}

/** Numbers the runs of neighbours that share a parallel group; the run of the step being decided is 0. */
function runsOf(current: number | undefined, steps: readonly ForecastStep[]): Int32Array {
  let previous = current;
  let run = 0;
  return Int32Array.from(steps, (step) => {
    if (step.parallelGroup !== previous) run += 1;
    previous = step.parallelGroup;
    return step.parallelGroup === undefined ? -1 : run;
  });
}

/** The shortest and the longest that a transcript, or its growth, may be. */
interface Range {
  readonly low: Tokens;
  readonly high: Tokens;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

interface Tail {
  readonly model: number;
  readonly nanoUsd: number;
}

interface Afterwards {
  readonly cost: number;
  readonly perDrift: number;
}

/** Failure, checks and a second rung of a step that succeeds with probability p, and how they grow as p falls. */
function afterwards(
  success: Ratio,
  how: { readonly check: CombinedCheck | undefined; readonly gamma: number; readonly tail: Tail | undefined },
): Afterwards {
  const { check, gamma, tail } = how;
  const bad = 1 - clampRatio(success);
  const alone = { cost: bad * gamma, perDrift: gamma };
  if (check === undefined || tail === undefined || !Number.isFinite(tail.nanoUsd)) return alone;
  const accepted = (1 - check.sensitivity) * gamma;
  const rejected = (1 - bad) * check.falseAlarm + bad * check.sensitivity;
  const laddered = check.costNanoUsd + rejected * tail.nanoUsd + bad * accepted;
  if (laddered >= alone.cost) return alone;
  return { cost: laddered, perDrift: (check.sensitivity - check.falseAlarm) * tail.nanoUsd + accepted };
}
