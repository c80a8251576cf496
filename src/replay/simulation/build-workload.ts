// One file: one pass over a recorded thread, whose parts share what was read before.

import { billNanoUsd, peakFactorAt, priceRowFor } from '../../catalog/bill.ts';
import type { Model, PriceRow } from '../../domain/model.ts';
import { NANO_PER_TOKEN, roundNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { meanOf, STAKES_FACTORS, type StepNeed } from '../../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import type { At } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import { pieceRatioOf } from '../../predict/step-sizes.ts';
import type { CallTrace, SessionTrace, StepTrace, ThreadTrace } from '../../sessions/session-trace.ts';
import type { Assumptions } from './assumptions.ts';
import type { RecordedModels } from './recorded-models.ts';
import { headOfThread } from './thread-head.ts';
import type { Workload, WorkloadStep } from './workload.ts';

export interface WorkloadInput {
  readonly session: SessionTrace;
  readonly thread: ThreadTrace;
  /** What policies may choose from, beside the models that the thread was recorded on. */
  readonly pool: readonly Model[];
  readonly recorded: RecordedModels;
  readonly assumptions: Assumptions;
  readonly failureNanoUsd: Readonly<Record<StepKind, NanoUsd>>;
  /** P(success) of each model at a step of the thread, in the order of `models`. */
  readonly success: (step: StepTrace, models: readonly Model[]) => ArrayLike<number>;
  /** What the step's words need, where somebody read them. Absent: nobody did. */
  readonly needOf?: (step: StepTrace) => StepNeed | undefined;
}

/** A call that can be priced, with the model that took it. */
interface PricedCall {
  readonly call: CallTrace;
  readonly usage: Usage;
  readonly model: Model;
  readonly sourceIndex: number;
}

/** Pause between calls of a log without times. Assumed, from the median of recorded tool loops. */
const UNTIMED_GAP_MS = 8000;
/** A warm call that read less than this share of what it should have found is a miss. */
export const MISS_RATIO = 0.5;

/**
 * Columns of one thread, or `undefined` when none of its calls has a usage and a price. Calls without either are left out:
 * they have no bill to compare. Pure.
 */
export function buildWorkload(input: WorkloadInput): Workload | undefined {
  const priced = pricedCalls(input);
  if (priced.length === 0) return undefined;
  const models = candidateModels(input);
  const columns = emptyColumns(priced.length, models);
  fillModelColumns(columns, models, priced);
  const steps = fillSteps(columns, input, priced, models);
  fillCallColumns(columns, priced, models, input.assumptions);
  fillPrices(columns, priced, models, input.assumptions);
  const { session, thread } = input;
  const prompts = priced.map(({ sourceIndex }, i) => ({ sourceIndex, tokens: columns.promptTokens[i] ?? 0 }));
  const head = headOfThread(session, thread, prompts, input.assumptions.headTokens.value);
  return { session, thread, models, callCount: priced.length, steps, head, ...columns };
}

function pricedCalls(input: Pick<WorkloadInput, 'thread' | 'recorded'>): readonly PricedCall[] {
  const priced: PricedCall[] = [];
  for (const [sourceIndex, call] of input.thread.calls.entries()) {
    const found = input.recorded.ofCall(call);
    if (call.usage === undefined || found === undefined) continue;
    priced.push({ call, usage: call.usage, model: found.model, sourceIndex });
  }
  return priced;
}

/** The pool, then every model that the thread was recorded on; what columns over models are in the order of. */
export function candidateModels(input: Pick<WorkloadInput, 'thread' | 'pool' | 'recorded'>): readonly Model[] {
  const byId = new Map(input.pool.map((model) => [model.id, model]));
  for (const { model } of pricedCalls(input)) if (!byId.has(model.id)) byId.set(model.id, model);
  return [...byId.values()];
}

type Columns = Omit<Workload, 'session' | 'thread' | 'models' | 'callCount' | 'steps' | 'head'>;

function emptyColumns(n: number, models: readonly Model[]): Columns {
  const perCall = (): Float64Array => new Float64Array(n);
  const perCell = (): Float64Array => new Float64Array(n * models.length);
  const perModel = (): Float64Array => new Float64Array(models.length);
  return {
    sourceIndex: new Int32Array(n),
    atMs: perCall(),
    promptTokens: perCall(),
    outputTokens: perCall(),
    newTokens: perCall(),
    cachedTokens: perCall(),
    keepTokens: perCall().fill(Infinity),
    brokeAt: new Int32Array(n).fill(-1),
    foundTokens: perCall().fill(Infinity),
    byUser: new Uint8Array(n),
    stepOf: new Int32Array(n),
    recorded: new Int32Array(n),
    recordedLast: new Int32Array(n).fill(-1),
    billedNano: perCall(),
    coldNano: perCell(),
    promptNanoPerToken: perCell(),
    savedNanoPerToken: perCell(),
    failureNano: perCell(),
    ttlMs: perModel(),
    minTokens: perModel(),
    hitRatio: perModel(),
    granularityTokens: perModel(),
    familyOf: new Int32Array(models.length),
    driftNano: new Float64Array(0),
    freshNano: new Float64Array(0),
    freshWorkRatio: 1,
    headSince: new Int32Array(n),
  };
}

function fillModelColumns(columns: Columns, models: readonly Model[], priced: readonly PricedCall[]): void {
  const families = [...new Set(models.map((model) => model.family))];
  const long = writesLong(priced);
  for (const [m, model] of models.entries()) {
    const rule = model.cacheRule;
    columns.familyOf[m] = families.indexOf(model.family);
    if (rule.kind === 'none') continue;
    columns.ttlMs[m] = long ? (rule.longTtlMs ?? rule.ttlMs) : rule.ttlMs;
    columns.minTokens[m] = rule.minTokens / model.tokenRatio;
    columns.hitRatio[m] = rule.priorHitRatio;
    columns.granularityTokens[m] = rule.granularityTokens / model.tokenRatio;
  }
}

/** Whether the client asked for the one-hour class: then every model that has one is given it. */
function writesLong(priced: readonly PricedCall[]): boolean {
  let long = 0;
  let all = 0;
  for (const { usage } of priced) {
    long += usage.cacheWrite1hTokens ?? 0;
    all += usage.cacheWriteTokens ?? 0;
  }
  return long * 2 > all;
}

function fillCallColumns(
  columns: Columns,
  priced: readonly PricedCall[],
  models: readonly Model[],
  assumptions: Assumptions,
): void {
  const lastOf = new Int32Array(models.length).fill(-1);
  const indexOf = new Map(models.map((model, m) => [model.id, m]));
  let at: At = 0;
  for (const [i, { call, usage, model, sourceIndex }] of priced.entries()) {
    const m = indexOf.get(model.id) ?? 0;
    at = Math.max(at, call.at ?? (i === 0 ? 0 : at + UNTIMED_GAP_MS));
    const prompt = promptTokens(usage);
    const cached = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
    const writes = (usage.cacheWriteTokens ?? 0) > 0 || model.prices.base.cacheWrite !== undefined;
    const share = cached > 0 && writes ? cached / prompt : assumptions.cacheableRatio.value;
    columns.sourceIndex[i] = sourceIndex;
    columns.atMs[i] = at;
    columns.promptTokens[i] = prompt / model.tokenRatio;
    columns.cachedTokens[i] = (prompt * share) / model.tokenRatio;
    columns.outputTokens[i] = usage.outputTokens / model.tokenRatio / model.outputRatio;
    columns.byUser[i] = call.trigger === 'user' ? 1 : 0;
    columns.recorded[i] = m;
    columns.recordedLast[i] = lastOf[m] ?? -1;
    columns.billedNano[i] = billNanoUsd(model.prices, usage, at);
    fillBreaks(columns, i, m, call, model.tokenRatio);
    const before = i === 0 || (columns.keepTokens[i] ?? 0) < Infinity ? 0 : (columns.cachedTokens[i - 1] ?? 0);
    columns.newTokens[i] = Math.max(0, (columns.cachedTokens[i] ?? 0) - before);
    const isNewHead = call.prefix.relation === 'tools-changed' || call.prefix.relation === 'system-changed';
    columns.headSince[i] = isNewHead || i === 0 ? i : (columns.headSince[i - 1] ?? 0);
    lastOf[m] = i;
  }
}

/** What the recorded read tells of the prefix at this call: broken for good, missed this once, or as expected. */
function fillBreaks(columns: Columns, i: number, m: number, call: CallTrace, tokenRatio: number): void {
  const readTokens = (call.usage?.cacheReadTokens ?? 0) / tokenRatio;
  columns.brokeAt[i] = i === 0 ? -1 : (columns.brokeAt[i - 1] ?? -1);
  const last = columns.recordedLast[i] ?? -1;
  const isFresh = last >= 0 && (columns.atMs[i] ?? 0) - (columns.atMs[last] ?? 0) <= (columns.ttlMs[m] ?? 0);
  const expected = isFresh ? (columns.cachedTokens[last] ?? 0) : 0;
  const missed = isFresh && readTokens < expected * MISS_RATIO;
  const { relation, keptTokens } = call.prefix;
  const rest = keptTokens === undefined ? restOfPrefix(relation, isFresh, missed, readTokens) : keptTokens / tokenRatio;
  const now = columns.cachedTokens[i] ?? 0;
  const isShorter = i > 0 && now < (columns.cachedTokens[i - 1] ?? 0);
  if (rest === 'all' && missed) columns.foundTokens[i] = readTokens;
  if (rest === 'all' && !isShorter) return;
  columns.keepTokens[i] = rest === 'all' ? now : Math.min(rest, now);
  columns.brokeAt[i] = i;
}

/** What a change of the prompt's head left of the old prefix: seen in the read of a call that could have hit, else nothing. */
function restOfPrefix(
  relation: CallTrace['prefix']['relation'],
  isFresh: boolean,
  missed: boolean,
  readTokens: number,
): number | 'all' {
  switch (relation) {
    case 'first':
    case 'appended':
      return 'all';
    case 'rewound':
    case 'effort-changed':
      return isFresh && missed ? readTokens : 'all';
    case 'compacted':
    case 'shrunk':
    case 'tools-changed':
    case 'system-changed':
      return isFresh ? readTokens : 0;
  }
}

function fillPrices(
  columns: Columns,
  priced: readonly PricedCall[],
  models: readonly Model[],
  assumptions: Assumptions,
): void {
  const long = writesLong(priced);
  for (const [m, model] of models.entries()) {
    for (const [i, entry] of priced.entries()) {
      const cell = i * models.length + m;
      const prompt = (columns.promptTokens[i] ?? 0) * model.tokenRatio;
      const row = priceRowFor(model.prices, prompt);
      const caches = model.cacheRule.kind !== 'none' && prompt >= model.cacheRule.minTokens;
      const read = caches ? (row.cacheRead ?? row.input) : row.input;
      const write = caches ? writePrice(row, long) : row.input;
      const cacheable = caches ? (columns.cachedTokens[i] ?? 0) * model.tokenRatio : 0;
      const written = caches ? (columns.newTokens[i] ?? 0) * model.tokenRatio : 0;
      const lengthRatio = model.id === entry.model.id ? 1 : assumptions.outputRatio.value;
      const output = (columns.outputTokens[i] ?? 0) * model.tokenRatio * model.outputRatio * lengthRatio;
      const rest = (prompt - cacheable) * row.input + output * row.output;
      const extraCalls = model.callsRatio / entry.model.callsRatio - 1;
      const extra = (cacheable - written) * read + written * write + rest;
      const nano = NANO_PER_TOKEN * peakFactorAt(model.prices, columns.atMs[i] ?? 0);
      columns.coldNano[cell] = (cacheable * write + rest + extraCalls * extra) * nano;
      const share = prompt > 0 ? cacheable / prompt : 0;
      const perToken = share * (write + extraCalls * read) + (1 - share) * (1 + extraCalls) * row.input;
      columns.promptNanoPerToken[cell] = perToken * model.tokenRatio * nano;
      columns.savedNanoPerToken[cell] = Math.max(0, write - read) * model.tokenRatio * nano;
    }
  }
}

function writePrice(row: PriceRow, long: boolean): number {
  return (long ? row.cacheWrite1h : undefined) ?? row.cacheWrite ?? row.input;
}

function fillSteps(
  columns: Columns & { driftNano: Float64Array; freshNano: Float64Array; freshWorkRatio: number },
  input: WorkloadInput,
  priced: readonly PricedCall[],
  models: readonly Model[],
): readonly WorkloadStep[] {
  const steps: WorkloadStep[] = [];
  let cursor = 0;
  for (const [sourceIndex, step] of input.thread.steps.entries()) {
    const end = step.firstCallIndex + step.callCount;
    const firstCall = cursor;
    while (cursor < priced.length && (priced[cursor]?.sourceIndex ?? 0) < end) {
      columns.stepOf[cursor] = steps.length;
      cursor += 1;
    }
    if (cursor === firstCall) continue;
    steps.push(workloadStep(step, sourceIndex, firstCall, cursor - firstCall, input, models));
  }
  for (let i = 0; i < priced.length; i += 1) {
    const step = steps[columns.stepOf[i] ?? 0];
    if (step === undefined) continue;
    for (let m = 0; m < models.length; m += 1) {
      columns.failureNano[i * models.length + m] =
        ((1 - (step.successRatio[m] ?? 0)) * step.failureNanoUsd) / step.callCount;
    }
  }
  const drift = input.assumptions.driftRatio.value;
  columns.driftNano = Float64Array.from(steps, (step) => step.failureNanoUsd * drift);
  columns.freshNano = Float64Array.from(steps, (step) => step.failureNanoUsd * input.assumptions.freshDriftRatio.value);
  columns.freshWorkRatio = input.assumptions.freshWorkRatio.value;
  return steps;
}

function workloadStep(
  step: StepTrace,
  sourceIndex: number,
  firstCall: number,
  callCount: number,
  input: WorkloadInput,
  models: readonly Model[],
): WorkloadStep {
  const successRatio = Float64Array.from(input.success(step, models));
  const best = Math.max(...successRatio);
  const floor = best - input.assumptions.sufficientSlackRatio.value;
  const sufficient = Uint8Array.from(successRatio, (ratio) => (ratio >= floor ? 1 : 0));
  const reading = input.needOf?.(step);
  return {
    kind: step.kind,
    sourceIndex,
    firstCall,
    callCount,
    failureNanoUsd: roundNanoUsd(failureOf(step, reading, input) * pieceRatioOf(step.kind, callCount)),
    ...(reading === undefined ? {} : { reading }),
    successRatio,
    sufficient,
    need: cheapest(models, (m) => sufficient[m] === 1),
  };
}

/** γ of the step's kind; of a step that was read, of the kinds that it may be, times what its stakes multiply it by. */
function failureOf(step: StepTrace, reading: StepNeed | undefined, { failureNanoUsd }: WorkloadInput): number {
  if (reading === undefined) return failureNanoUsd[step.kind];
  const kinds = STEP_KINDS.map((kind) => failureNanoUsd[kind]);
  return meanOf(reading.kind, kinds) * meanOf(reading.stakes, STAKES_FACTORS);
}

/** List price of a mixed token, for rules that rank models by price: three parts input to one part output. */
export function listPrice(model: Model): number {
  return (3 * model.prices.base.input + model.prices.base.output) / 4;
}

function cheapest(models: readonly Model[], admits: (m: number) => boolean): number {
  let best = -1;
  for (const [m, model] of models.entries()) {
    if (admits(m) && (best < 0 || listPrice(model) < listPrice(models[best] ?? model))) best = m;
  }
  return Math.max(best, 0);
}
