import type { Interruptible } from './interruptible.ts';
import { boundsToGo, type BoundsToGo } from './optimum-bound.ts';
import { accountFor, switchNano, type ThreadRun, NO_FRESH } from './simulate.ts';
import { callNano, type Workload } from './workload.ts';

/**
 * The cheapest way to serve a thread, knowing all of it: bill plus γ-priced failures. The shared transcript is searched; of
 * paths with steps that start afresh only the known ones are compared, priced with the heads that contexts share.
 */
export interface Optimum {
  /** `exact`: nothing in the shared transcript is cheaper. `beam`: states were cut; its optimum lies between `boundNano` and the run. */
  readonly method: 'exact' | 'beam';
  /** Where it holds fresh steps it is the best that is known: others may be cheaper. */
  readonly run: ThreadRun;
  /**
   * No path in the shared transcript can be below it, nor any known one. The run's own total where the search was exact, else
   * the least that a cut state could come to.
   */
  readonly boundNano: number;
  readonly stateCount: number;
}

export interface OptimumOptions {
  /** States kept per call before the search becomes a beam. Default 1000. */
  readonly maxStates?: number;
  /** Paths already known (policies' own): the answer is never dearer than the best of them. */
  readonly known?: readonly KnownPath[];
  /** Leave failures out: the cheapest bill, whatever comes of it. */
  readonly ignoreFailures?: boolean;
}

/** What a run chose: the model of each call, and the steps that it started afresh. */
export type KnownPath = Pick<ThreadRun, 'path' | 'fresh'>;

interface State {
  readonly costNano: number;
  /** What the whole thread must come to at least from here. */
  readonly leastNano: number;
  /** [models] Latest call of each model. */
  readonly lastUse: Int32Array;
  readonly model: number;
  readonly parent: State | undefined;
}

const DEFAULT_MAX_STATES = 1000;
/** Each state is tried on each model, and what comes of it compared over all models. */
const MOST_STEPS_PER_CALL = 36_000;
/** Fewer states find nothing that the policies' own paths are not already. */
const FEWEST_STATES = 8;

/** States per call that so many models leave time for; 0: nothing is searched, and the bound says how far off it may be. */
export function statesFor(modelCount: number, maxStates: number = DEFAULT_MAX_STATES): number {
  const states = Math.floor(MOST_STEPS_PER_CALL / (modelCount * modelCount));
  return states < FEWEST_STATES ? 0 : Math.min(DEFAULT_MAX_STATES, maxStates, states);
}
/** A narrow search comes first: what it finds is a ceiling that spares the wide one most of its states. */
const SCOUT_STATES = 60;

/**
 * Dynamic programme over (call, latest use per model). A state is dropped when it cannot end below what is known, or when
 * another could at worst catch up with it: costs no more after paying once for every prefix that only the dropped one
 * holds. That keeps it exact and small. It may be left before any call.
 */
export function* optimumSteps(work: Workload, options: OptimumOptions = {}): Interruptible<Optimum> {
  const maxStates = options.maxStates ?? DEFAULT_MAX_STATES;
  const failureWeight = options.ignoreFailures === true ? 0 : 1;
  const toGo = boundsToGo(work, failureWeight);
  const outlook = outlookOf(work, failureWeight);
  const all = options.known ?? [];
  const shared = all.filter(({ fresh }) => fresh.size === 0);
  let best = bestKnown(work, shared, failureWeight) ?? { path: work.recorded, fresh: NO_FRESH, totalNano: Infinity };
  let search: Search = { isExact: false, leastCutNano: 0, stateCount: 0 };
  const widths = maxStates > SCOUT_STATES ? [SCOUT_STATES, maxStates] : [maxStates];
  for (const width of widths.filter((count) => count > 0)) {
    const found = yield* searchPaths(work, { outlook, toGo, maxStates: width, ceilingNano: best.totalNano });
    search = { ...found, stateCount: search.stateCount + found.stateCount };
    if (found.best !== undefined && found.best.totalNano < best.totalNano) best = found.best;
    if (found.isExact) break;
  }
  const leastNano = search.isExact ? best.totalNano : Math.max(search.leastCutNano, toGo.wholeNano);
  const afresh = bestKnown(
    work,
    all.filter(({ fresh }) => fresh.size > 0),
    failureWeight,
  );
  if (afresh !== undefined && afresh.totalNano < best.totalNano) best = afresh;
  const run = accountFor(work, best.path, { fresh: best.fresh });
  const totalNano = run.costNano + failureWeight * run.failureNano;
  const boundNano = Math.min(totalNano, leastNano);
  return { method: search.isExact ? 'exact' : 'beam', run, boundNano, stateCount: search.stateCount };
}

interface FoundPath extends KnownPath {
  readonly totalNano: number;
}

interface Search {
  readonly isExact: boolean;
  /** What the most promising state that was cut must come to at least. */
  readonly leastCutNano: number;
  readonly stateCount: number;
}

interface SearchLimits {
  readonly outlook: Outlook;
  readonly toGo: BoundsToGo;
  readonly maxStates: number;
  /** What is known already; nothing dearer is followed. */
  readonly ceilingNano: number;
}

function* searchPaths(
  work: Workload,
  limits: SearchLimits,
): Interruptible<Search & { readonly best: FoundPath | undefined }> {
  const { maxStates } = limits;
  const lastUse = new Int32Array(work.models.length).fill(-1);
  let states: readonly State[] = [{ costNano: 0, leastNano: 0, lastUse, model: -1, parent: undefined }];
  let stateCount = 0;
  let leastCutNano = Infinity;
  for (let i = 0; i < work.callCount && states.length > 0; i += 1) {
    yield;
    const next = expand(work, i, states, limits);
    next.sort((a, b) => a.costNano - b.costNano);
    const kept = withoutPointless(work, i, next, limits.outlook);
    if (kept.length > maxStates) {
      kept.sort((a, b) => a.leastNano - b.leastNano);
      leastCutNano = Math.min(leastCutNano, kept[maxStates]?.leastNano ?? Infinity);
    }
    states = kept.slice(0, maxStates);
    stateCount += states.length;
  }
  const end = states.reduce<State | undefined>(
    (best, state) => (best === undefined || state.costNano < best.costNano ? state : best),
    undefined,
  );
  const best =
    end === undefined ? undefined : { path: pathOf(end, work.callCount), fresh: NO_FRESH, totalNano: end.costNano };
  // What was cut does not matter where nothing of it could have ended below what was found.
  const isExact = leastCutNano >= Math.min(limits.ceilingNano, best?.totalNano ?? Infinity);
  return { best, isExact, leastCutNano, stateCount };
}

function expand(
  work: Workload,
  i: number,
  states: readonly State[],
  { outlook, toGo, ceilingNano }: SearchLimits,
): State[] {
  const width = work.models.length;
  const next: State[] = [];
  for (const state of states) {
    for (let m = 0; m < width; m += 1) {
      let costNano = state.costNano + callNano(work, i, m, state.lastUse[m] ?? -1);
      costNano += outlook.failureWeight * (work.failureNano[i * width + m] ?? 0);
      if (state.model >= 0 && state.model !== m) {
        costNano += outlook.failureWeight * switchNano(work, i, state.model, m);
      }
      const leastNano = costNano + toGo.after(i, m);
      if (leastNano > ceilingNano * (1 + 1e-12)) continue;
      const lastUse = state.lastUse.slice();
      lastUse[m] = i;
      next.push({ costNano, leastNano, lastUse, model: m, parent: state });
    }
  }
  return next;
}

/** Of states by rising cost, those that no cheaper one makes pointless. */
function withoutPointless(work: Workload, i: number, sorted: readonly State[], outlook: Outlook): State[] {
  const states: State[] = [];
  // One that made a state pointless makes many: it is asked first.
  const usual = new Map<number, State>();
  for (const state of sorted) {
    const first = usual.get(state.model);
    if (first !== undefined && makesPointless(work, i, first, state, outlook)) continue;
    const other = states.find((one) => one !== first && makesPointless(work, i, one, state, outlook));
    if (other === undefined) states.push(state);
    else usual.set(state.model, other);
  }
  return states;
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
      loss = (work.cachedTokens[theirs] ?? 0) * (outlook.catchUp[(i + 1) * width + m] ?? 0);
    if (recordedLast === mine || recordedLast === theirs) {
      loss = Math.max(loss, callNano(work, next, m, mine) - callNano(work, next, m, theirs));
    }
    worst += Math.max(0, loss);
  }
  return worst <= dear.costNano;
}

/** What pruning needs to know of the calls to come. */
interface Outlook {
  /** [call × models] The most that one missing warm token can cost at this call or a later one. */
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

/** [call × models] The most that one missing warm token can cost at this call or a later one. */
function catchUpPrices(work: Workload): Float64Array {
  const width = work.models.length;
  const most = new Float64Array((work.callCount + 1) * width);
  for (let i = work.callCount - 1; i >= 0; i -= 1) {
    for (let m = 0; m < width; m += 1) {
      const cell = i * width + m;
      const now = (work.savedNanoPerToken[cell] ?? 0) * (work.hitRatio[m] ?? 0);
      most[cell] = Math.max(most[cell + width] ?? 0, now);
    }
  }
  return most;
}

function bestKnown(work: Workload, known: readonly KnownPath[], failureWeight: number): FoundPath | undefined {
  let best: FoundPath | undefined;
  for (const { path, fresh } of known) {
    const run = accountFor(work, path, { fresh });
    const totalNano = run.costNano + failureWeight * run.failureNano;
    if (best === undefined || totalNano < best.totalNano) best = { path, fresh, totalNano };
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
