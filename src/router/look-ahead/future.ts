import type { ForecastStep } from '../../domain/forecast.ts';
import type { Ratio } from '../../domain/time.ts';
import type { DraftCandidate } from '../candidates.ts';
import { searchBeam } from './beam-search.ts';
import { buildProblem } from './build-problem.ts';
import type { DecisionFrame } from './decision-frame.ts';
import { openExactSearch } from './exact-search.ts';
import type { LookOptions } from './look-options.ts';
import { extensionCount } from './moves.ts';
import type { Departure, Tables } from './problem.ts';
import type { RootSearch } from './root-search.ts';
import { rootsOf, type Root } from './roots.ts';
import { giveBack } from './tables.ts';
import { UsedModels } from './used-models.ts';

/** A root that takes so much of the room of all tells that the others will not fit. */
const MAX_ROOT_SHARE = 1 / 3;

/** What a beam looks at per step, which bounds its time: about this many continuations, from no fewer plans than the least. */
const EXTENSIONS_PER_STEP = 360;
const MIN_WIDTH = 16;

/** `bound`: nobody has looked, `nanoUsd` is what no plan goes under. `exact`: the optimum. `found`: the best of a beam. */
type Knowledge = 'bound' | 'exact' | 'found';

/**
 * One way in which the session may go on, with what is known of its cost from each root. Roots are searched one by one,
 * each no further than it matters; those that the exact search leaves go to one beam.
 */
export class Future {
  readonly weight: Ratio;
  readonly stepCount: number;
  stateCount = 0;
  isBeam = false;
  private readonly frame: DecisionFrame;
  private readonly tables: Tables;
  private readonly roots: readonly Root[];
  private readonly nanoUsd: Float64Array;
  private readonly knowledge: Knowledge[];
  /** By how much a better plan than a beam's may undercut it. */
  private readonly gapNanoUsd: Float64Array;
  /** [draft] index of its root, and of the one that its long writes leave; −1 where that is the same. */
  private readonly rootOf: Int32Array;
  private readonly longRootOf: Int32Array;
  private readonly search: RootSearch;
  private readonly maxStates: number;

  constructor(
    frame: DecisionFrame,
    of: {
      readonly steps: readonly ForecastStep[];
      readonly weight: Ratio;
      readonly departure: Departure;
      readonly options: LookOptions;
    },
    drafts: readonly DraftCandidate[],
  ) {
    this.frame = frame;
    this.weight = of.weight;
    this.stepCount = of.steps.length;
    this.tables = buildProblem(frame, of.steps, of.departure, of.options);
    const roots = rootsOf(frame.input, this.tables, drafts);
    this.roots = roots.map((one) => one.root);
    this.rootOf = new Int32Array(drafts.length).fill(-1);
    this.longRootOf = new Int32Array(drafts.length).fill(-1);
    for (const [at, { root, drafts: own }] of roots.entries()) {
      const column = root.isLong ? this.longRootOf : this.rootOf;
      for (const draft of own) column[draft.index] = at;
    }
    const used = new UsedModels(this.tables);
    this.nanoUsd = Float64Array.from(this.roots, (root) => {
      used.startOver(root.model);
      return used.leastFrom(0);
    });
    this.gapNanoUsd = new Float64Array(roots.length);
    this.knowledge = this.roots.map(() => 'bound');
    this.search = openExactSearch(this.tables);
    this.maxStates = Math.floor(of.options.maxExtensions / extensionCount(this.tables));
  }

  /** What is known of the rest of the plan after a draft: its cost, or what it costs at least. */
  leastOf(draft: DraftCandidate): number {
    return this.nanoUsd[this.rootOf[draft.index] ?? 0] ?? 0;
  }

  /** The same after writes of the long class; where no pause makes that worth its price, it leaves what the default one leaves. */
  leastLongOf(draft: DraftCandidate): number {
    const long = this.longRootOf[draft.index] ?? -1;
    return long < 0 ? this.leastOf(draft) : (this.nanoUsd[long] ?? 0);
  }

  hasLong(draft: DraftCandidate): boolean {
    return (this.longRootOf[draft.index] ?? -1) >= 0;
  }

  gapOf(draft: DraftCandidate): number {
    return this.gapNanoUsd[this.rootOf[draft.index] ?? 0] ?? 0;
  }

  /**
   * Looks for the cheapest rest of the plan below `limitNanoUsd`. False: the exact search has no room for it, and it is for
   * the beam.
   */
  solve(draft: DraftCandidate, limitNanoUsd: number): boolean {
    const long = this.longRootOf[draft.index] ?? -1;
    const isSolved = this.solveRoot(this.rootOf[draft.index] ?? 0, long < 0 ? limitNanoUsd : Number.POSITIVE_INFINITY);
    return (long < 0 || this.solveRoot(long, Number.POSITIVE_INFINITY)) && isSolved;
  }

  private solveRoot(at: number, limitNanoUsd: number): boolean {
    const root = this.roots[at];
    if (root === undefined || this.knowledge[at] !== 'bound' || (this.nanoUsd[at] ?? 0) >= limitNanoUsd) return true;
    const left = Math.min(Math.floor(this.maxStates * MAX_ROOT_SHARE), this.maxStates - this.stateCount);
    const found = this.isBeam ? undefined : this.search(root, left, limitNanoUsd);
    if (found === undefined) {
      this.isBeam = true;
      return false;
    }
    this.stateCount += found.stateCount;
    this.nanoUsd[at] = found.nanoUsd;
    if (!found.isAtLeast) this.knowledge[at] = 'exact';
    return true;
  }

  /** The beam takes the roots that are left of these drafts. */
  solveByBeam(drafts: readonly DraftCandidate[]): void {
    const left = new Set<number>();
    for (const { index } of drafts) {
      for (const at of [this.rootOf[index] ?? 0, this.longRootOf[index] ?? -1]) {
        if (at >= 0 && this.knowledge[at] === 'bound') left.add(at);
      }
    }
    if (left.size === 0) return;
    const roots = [...left].map((at) => this.roots[at]).filter((root) => root !== undefined);
    const affordable = Math.max(MIN_WIDTH, Math.floor(EXTENSIONS_PER_STEP / (this.tables.activeCount + 1)));
    // Every root has a plan of its own in a beam that is no narrower than they are.
    const width = Math.max(Math.min(this.frame.input.policy.lookahead.beamWidth, affordable), roots.length);
    const found = searchBeam(this.tables, roots, width);
    for (const [order, at] of [...left].entries()) {
      const nanoUsd = found.nanoUsd[order] ?? 0;
      const gap = nanoUsd - Math.max(this.nanoUsd[at] ?? 0, found.boundNanoUsd[order] ?? nanoUsd);
      this.nanoUsd[at] = nanoUsd;
      this.gapNanoUsd[at] = Number.isFinite(gap) ? Math.max(0, gap) : 0;
      this.knowledge[at] = 'found';
    }
    this.stateCount += found.stateCount;
  }

  /** Nobody may ask after that: the tables are filled again by the next problem of their size. */
  close(): void {
    giveBack(this.frame, this.tables);
  }
}
