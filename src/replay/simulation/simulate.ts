import { PointsmanError } from '../../domain/errors.ts';
import type { Interruptible } from './interruptible.ts';
import type { PolicyView, ReplayPolicy } from './replay-policy.ts';
import { Walk, type FreshStart } from './walk.ts';
import { warmTokensAt, type Workload } from './workload.ts';

/** What one policy came to on one thread. Money in nano-USD, as floats. */
export interface ThreadRun {
  readonly costNano: number;
  /** γ-priced expected failures, hand-off drift included. */
  readonly failureNano: number;
  readonly expectedFailureCount: number;
  readonly switchCount: number;
  /** Switches while a tool's result was being answered. */
  readonly toolLoopSwitchCount: number;
  /** Calls whose bill is modelled, not recorded. */
  readonly modelledCallCount: number;
  readonly promptTokens: number;
  readonly warmTokens: number;
  /** Steps, counted once, whose model was not enough at some call. */
  readonly underServedStepCount: number;
  /** Steps that started from a fresh context. */
  readonly fresh: ReadonlyMap<number, FreshStart>;
  /** [models] Calls each model took. */
  readonly callsOf: Float64Array;
  /** [calls] Which model took each. */
  readonly path: Int32Array;
  /** [calls] What each was billed. */
  readonly callCostNano: Float64Array;
}

class View implements PolicyView {
  readonly work: Workload;
  readonly walk: Walk;
  readonly lastUse: Int32Array;
  readonly headUse: Int32Array;
  index = 0;
  incumbent = -1;
  switchCount = 0;
  spentNano = 0;
  isStepStart = true;

  constructor(work: Workload) {
    this.work = work;
    this.walk = new Walk(work);
    this.lastUse = this.walk.lastUse;
    this.headUse = this.walk.headUse;
  }

  get removedTokens(): number {
    return this.walk.removedTokens;
  }
}

/** Room for a run's columns, to be used again for the next thread; grows to the longest one. */
export class RunBuffers {
  private paths = new Int32Array(0);
  private costs = new Float64Array(0);

  path(length: number): Int32Array {
    if (this.paths.length < length) this.paths = new Int32Array(length * 2);
    return this.paths.subarray(0, length);
  }

  cost(length: number): Float64Array {
    if (this.costs.length < length) this.costs = new Float64Array(length * 2);
    return this.costs.subarray(0, length);
  }
}

/** Runs a policy over a thread, to be left before any call. Linear in the calls. With `buffers` the run is good until they are used again. */
export function* simulateSteps(work: Workload, policy: ReplayPolicy, buffers: RunBuffers): Interruptible<ThreadRun> {
  const thread = policy.start(work);
  const view = new View(work);
  const path = buffers.path(work.callCount);
  const fresh = new Map<number, FreshStart>();
  for (let i = 0; i < work.callCount; i += 1) {
    yield;
    view.index = i;
    view.isStepStart = i === 0 || work.stepOf[i] !== work.stepOf[i - 1];
    const m = thread.choose(view);
    if (!(m >= 0 && m < work.models.length)) {
      throw new PointsmanError('internal', `Replay policy "${policy.name}" chose model ${m}, which is not a candidate`);
    }
    path[i] = m;
    const start = view.isStepStart ? thread.freshStart?.() : undefined;
    if (start !== undefined) fresh.set(work.stepOf[i] ?? 0, start);
    view.spentNano += view.walk.take(i, m, view.isStepStart, start);
    if (view.incumbent >= 0 && m !== view.incumbent) view.switchCount += 1;
    view.incumbent = m;
  }
  return accountFor(work, path, { buffers, fresh });
}

interface PathOptions {
  readonly buffers?: RunBuffers;
  /** Steps that start from a fresh context, by number. */
  readonly fresh?: ReadonlyMap<number, FreshStart>;
}

export const NO_FRESH: ReadonlyMap<number, FreshStart> = new Map();

/** The bill, failures and counts of a fixed path. */
export function accountFor(work: Workload, path: Int32Array, along: PathOptions = {}): ThreadRun {
  const width = work.models.length;
  const walk = new Walk(work);
  const fresh = along.fresh ?? NO_FRESH;
  const buffers = along.buffers ?? new RunBuffers();
  const callsOf = new Float64Array(width);
  const callCostNano = buffers.cost(work.callCount);
  const sums = { cost: 0, failure: 0, count: 0, switches: 0, inLoop: 0, modelled: 0, prompt: 0, warm: 0, under: 0 };
  let underStep = -1;
  for (let i = 0; i < work.callCount; i += 1) {
    const m = path[i] ?? 0;
    const before = i === 0 ? m : (path[i - 1] ?? 0);
    const last = walk.lastUse[m] ?? -1;
    const step = work.stepOf[i] ?? 0;
    const stepInfo = work.steps[step];
    const isStepStart = i === 0 || step !== work.stepOf[i - 1];
    const removed = walk.removedTokens;
    const cost = walk.take(i, m, isStepStart, isStepStart ? fresh.get(step) : undefined);
    if (isStepStart && walk.isFresh) sums.failure += work.freshNano[step] ?? 0;
    const isShared = !walk.isFresh && removed === 0 && !walk.readSharedHead;
    callCostNano[i] = cost;
    sums.cost += cost;
    sums.failure += work.failureNano[i * width + m] ?? 0;
    sums.count += stepInfo === undefined ? 0 : (1 - (stepInfo.successRatio[m] ?? 0)) / stepInfo.callCount;
    if (m !== before) {
      sums.switches += 1;
      if (work.byUser[i] === 0) sums.inLoop += 1;
      sums.failure += switchNano(work, i, before, m);
    }
    if (!isShared || m !== work.recorded[i] || last !== work.recordedLast[i]) sums.modelled += 1;
    sums.prompt += work.promptTokens[i] ?? 0;
    if (!walk.isFresh) sums.warm += warmTokensAt(work, i, m, last);
    if (stepInfo !== undefined && stepInfo.sufficient[m] === 0 && underStep !== step) {
      sums.under += 1;
      underStep = step;
    }
    callsOf[m] = (callsOf[m] ?? 0) + 1;
  }
  return {
    costNano: sums.cost,
    failureNano: sums.failure,
    expectedFailureCount: sums.count,
    switchCount: sums.switches,
    toolLoopSwitchCount: sums.inLoop,
    modelledCallCount: sums.modelled,
    promptTokens: sums.prompt,
    warmTokens: sums.warm,
    underServedStepCount: sums.under,
    fresh,
    callsOf,
    path,
    callCostNano,
  };
}

/** The bill alone of a fixed path, in nano-USD. */
export function pathNano(work: Workload, path: Int32Array, fresh: ReadonlyMap<number, FreshStart> = NO_FRESH): number {
  const walk = new Walk(work);
  let nano = 0;
  for (let i = 0; i < work.callCount; i += 1) {
    const step = work.stepOf[i] ?? 0;
    const isStepStart = i === 0 || step !== work.stepOf[i - 1];
    nano += walk.take(i, path[i] ?? 0, isStepStart, isStepStart ? fresh.get(step) : undefined);
  }
  return nano;
}

/** Expected failure that crossing from one family to another adds at call `i`, in nano-USD. */
export function switchNano(work: Workload, i: number, from: number, to: number): number {
  return work.familyOf[from] === work.familyOf[to] ? 0 : (work.driftNano[work.stepOf[i] ?? 0] ?? 0);
}
