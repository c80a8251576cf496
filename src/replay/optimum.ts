import { accountFor, switchNano } from './simulate.ts';
import { callNano } from './workload.ts';
import type { ThreadRun } from './simulate.ts';
import type { Workload } from './workload.ts';

/** The cheapest way to serve a thread, knowing all of it: bill plus γ-priced failures, in the shared transcript. */
export interface Optimum {
  /** `exact`: nothing is cheaper. `beam`: states were cut; the true optimum lies between `boundNano` and the run. */
  readonly method: 'exact' | 'beam';
  readonly run: ThreadRun;
  /** Lower bound with every cache as warm as it could be: no policy can be below it. */
  readonly boundNano: number;
  readonly stateCount: number;
}

export interface OptimumOptions {
  /** States kept per call before the search becomes a beam. Default 400. */
  readonly maxStates?: number;
  /** Paths already known (policies' own): the answer is never dearer than the best of them. */
  readonly known?: readonly Int32Array[];
  /** Leave failures out: the cheapest bill, whatever comes of it. */
  readonly ignoreFailures?: boolean;
}

interface State {
  readonly costNano: number;
  /** [models] Latest call of each model. */
  readonly lastUse: Int32Array;
  readonly model: number;
  readonly parent: State | undefined;
}

const DEFAULT_MAX_STATES = 400;

/**
 * Dynamic programme over (call, latest use per model). A state is dropped when another could at worst catch up with it:
 * costs no more after paying once for every prefix that only the dropped one holds. That keeps it exact and small.
 */
export function findOptimum(work: Workload, options: OptimumOptions = {}): Optimum {
  const maxStates = options.maxStates ?? DEFAULT_MAX_STATES;
  const failureWeight = options.ignoreFailures === true ? 0 : 1;
  const toGo = boundsToGo(work, failureWeight);
  const outlook = outlookOf(work, failureWeight);
  const known = bestKnown(work, options.known ?? [], failureWeight);
  const ceiling = known?.totalNano ?? Infinity;
  let states: State[] = [
    { costNano: 0, lastUse: new Int32Array(work.models.length).fill(-1), model: -1, parent: undefined },
  ];
  let stateCount = 0;
  let isExact = true;
  for (let i = 0; i < work.callCount; i += 1) {
    const next = expand(work, i, states, failureWeight, ceiling - (toGo[i + 1] ?? 0));
    next.sort((a, b) => a.costNano - b.costNano);
    const kept = prune(work, i, next, outlook, maxStates);
    states = kept.states;
    isExact &&= !kept.isCut;
    stateCount += states.length;
    if (states.length === 0) break;
  }
  const best = states[0];
  const found = best !== undefined && (known === undefined || best.costNano < known.totalNano);
  const run = accountFor(work, found ? pathOf(best, work.callCount) : (known?.path ?? work.recorded));
  return { method: isExact ? 'exact' : 'beam', run, boundNano: toGo[0] ?? 0, stateCount };
}

function expand(work: Workload, i: number, states: readonly State[], failureWeight: number, ceiling: number): State[] {
  const width = work.models.length;
  const next: State[] = [];
  for (const state of states) {
    for (let m = 0; m < width; m += 1) {
      let costNano = state.costNano + callNano(work, i, m, state.lastUse[m] ?? -1);
      costNano += failureWeight * (work.failureNano[i * width + m] ?? 0);
      if (state.model >= 0 && state.model !== m) costNano += failureWeight * switchNano(work, i, state.model, m);
      if (costNano > ceiling * (1 + 1e-12)) continue;
      const lastUse = state.lastUse.slice();
      lastUse[m] = i;
      next.push({ costNano, lastUse, model: m, parent: state });
    }
  }
  return next;
}

/** Keeps, of states by rising cost, those that no cheaper one makes pointless. */
function prune(
  work: Workload,
  i: number,
  sorted: readonly State[],
  outlook: Outlook,
  maxStates: number,
): { readonly states: State[]; readonly isCut: boolean } {
  const states: State[] = [];
  for (const state of sorted) {
    if (states.some((other) => makesPointless(work, i, other, state, outlook))) continue;
    if (states.length >= maxStates) return { states, isCut: true };
    states.push(state);
  }
  return { states, isCut: false };
}

/**
 * Whether `cheap` can do whatever `dear` does later and end no dearer. At the first later call of a model whose latest use
 * differs, `cheap` pays at most for the prefix that only `dear` holds, or the difference of the two bills where that call
 * is billed as it was recorded; from then on the two are alike.
 */
function makesPointless(work: Workload, i: number, cheap: State, dear: State, outlook: Outlook): boolean {
  const width = work.models.length;
  let worst = cheap.costNano;
  if (cheap.model !== dear.model && i + 1 < work.callCount) {
    worst += outlook.failureWeight * switchNano(work, i + 1, cheap.model, dear.model);
  }
  for (let m = 0; m < width && worst <= dear.costNano; m += 1) {
    const mine = cheap.lastUse[m] ?? -1;
    const theirs = dear.lastUse[m] ?? -1;
    if (mine === theirs) continue;
    const next = outlook.nextRecorded[i * width + m] ?? -1;
    const recordedLast = next < 0 ? -2 : work.recordedLast[next];
    let loss = 0;
    if (theirs > mine && isAlive(work, i, m, theirs))
      loss = (work.cachedTokens[theirs] ?? 0) * (outlook.catchUp[m] ?? 0);
    if (recordedLast === mine || recordedLast === theirs) {
      loss = Math.max(loss, callNano(work, next, m, mine) - callNano(work, next, m, theirs));
    }
    worst += Math.max(0, loss);
  }
  return worst <= dear.costNano;
}

/** What pruning needs to know of the calls to come. */
interface Outlook {
  /** [models] The most that one missing warm token can cost at any call. */
  readonly catchUp: Float64Array;
  /** [call × models] Next call after this one that was recorded on the model, or -1. */
  readonly nextRecorded: Int32Array;
  readonly failureWeight: number;
}

function outlookOf(work: Workload, failureWeight: number): Outlook {
  const width = work.models.length;
  const nextRecorded = new Int32Array(work.callCount * width).fill(-1);
  for (let i = work.callCount - 2; i >= 0; i -= 1) {
    for (let m = 0; m < width; m += 1) {
      nextRecorded[i * width + m] = work.recorded[i + 1] === m ? i + 1 : (nextRecorded[(i + 1) * width + m] ?? -1);
    }
  }
  return { catchUp: catchUpPrices(work), nextRecorded, failureWeight };
}

function isAlive(work: Workload, i: number, m: number, last: number): boolean {
  if (last < 0) return false;
  const next = i + 1;
  return next < work.callCount && (work.atMs[next] ?? 0) - (work.atMs[last] ?? 0) <= (work.ttlMs[m] ?? 0);
}

/** [models] The most that one missing warm token can cost at any call. */
function catchUpPrices(work: Workload): Float64Array {
  const width = work.models.length;
  const most = new Float64Array(width);
  for (let i = 0; i < work.callCount; i += 1) {
    for (let m = 0; m < width; m += 1) {
      most[m] = Math.max(most[m] ?? 0, (work.savedNanoPerToken[i * width + m] ?? 0) * (work.hitRatio[m] ?? 0));
    }
  }
  return most;
}

/** [calls + 1] Least that the rest can cost: each call on its best model with all of the last prefix warm. */
function boundsToGo(work: Workload, failureWeight: number): Float64Array {
  const width = work.models.length;
  const toGo = new Float64Array(work.callCount + 1);
  for (let i = work.callCount - 1; i >= 0; i -= 1) {
    let least = Infinity;
    for (let m = 0; m < width; m += 1) {
      const cell = i * width + m;
      const warmest = leastNano(work, i, m) + failureWeight * (work.failureNano[cell] ?? 0);
      if (warmest < least) least = warmest;
    }
    toGo[i] = (toGo[i + 1] ?? 0) + least;
  }
  return toGo;
}

/** Bill of a call when the model had taken the call just before it; no other history is warmer. */
function leastNano(work: Workload, i: number, m: number): number {
  const cell = i * work.models.length + m;
  const warmable =
    i > 0 && (work.ttlMs[m] ?? 0) > 0
      ? Math.min(work.cachedTokens[i - 1] ?? 0, work.keepTokens[i] ?? Infinity, work.foundTokens[i] ?? Infinity)
      : 0;
  const modelled =
    (work.coldNano[cell] ?? 0) - warmable * (work.savedNanoPerToken[cell] ?? 0) * (work.hitRatio[m] ?? 0);
  return m === work.recorded[i] ? Math.min(modelled, work.billedNano[i] ?? 0) : modelled;
}

function bestKnown(
  work: Workload,
  paths: readonly Int32Array[],
  failureWeight: number,
): { readonly path: Int32Array; readonly totalNano: number } | undefined {
  let best: { path: Int32Array; totalNano: number } | undefined;
  for (const path of paths) {
    const run = accountFor(work, path);
    const totalNano = run.costNano + failureWeight * run.failureNano;
    if (best === undefined || totalNano < best.totalNano) best = { path, totalNano };
  }
  return best;
}

function pathOf(end: State, callCount: number): Int32Array {
  const path = new Int32Array(callCount);
  let state: State | undefined = end;
  for (let i = callCount - 1; i >= 0 && state !== undefined; i -= 1) {
    path[i] = state.model;
    state = state.parent;
  }
  return path;
}
