import { ENTRANT_COUNT, type Problem } from './problem.ts';

/** Of more models in use the floor of all is nearly as good a bound, and free. */
const MAX_WEIGHED = 4;

/**
 * The models that hold something of the transcript on the path that a search is on: those that the ledger knows and those
 * that were used. Whatever else a plan brings in starts cold, which bounds what the rest can cost.
 */
export class UsedModels {
  private readonly problem: Problem;
  private readonly models: Int32Array;
  private readonly isUsed: Uint8Array;
  private count = 0;

  constructor(problem: Problem) {
    this.problem = problem;
    this.models = new Int32Array(problem.modelCount);
    this.isUsed = new Uint8Array(problem.modelCount);
  }

  /** Back to what the ledger knows, and the model that took the present step (−1 for none). */
  startOver(rootModel: number): void {
    const { problem, isUsed } = this;
    this.count = 0;
    isUsed.fill(0);
    for (let model = 0; model < problem.modelCount; model += 1) {
      if ((problem.warmTokens[model] ?? 0) > 0) this.enter(model);
    }
    if (rootModel >= 0) this.enter(rootModel);
  }

  /** Returns whether the model is new here, and has to leave again on the way back. */
  enter(model: number): boolean {
    if (this.isUsed[model] === 1) return false;
    this.isUsed[model] = 1;
    this.models[this.count] = model;
    this.count += 1;
    return true;
  }

  /** Takes back the latest entry. */
  leave(model: number): void {
    this.isUsed[model] = 0;
    this.count -= 1;
  }

  /**
   * The least that steps `step`… can cost from here: either they keep to the models in use and fresh contexts, or one that
   * holds nothing is brought in and pays for its first use.
   */
  leastFrom(step: number): number {
    const { problem } = this;
    const floor = problem.floor[step] ?? 0;
    if (this.count > MAX_WEIGHED || problem.mayStall) return floor;
    const entered = floor + this.leastEntry(step);
    let kept = 0;
    for (let at = step; at < problem.stepCount && kept < entered; at += 1) kept += this.leastKept(at);
    const least = kept < entered ? kept : entered;
    return least === Number.POSITIVE_INFINITY ? floor : least;
  }

  private leastKept(step: number): number {
    const { leastContinued, leastFresh, isOpen, modelCount } = this.problem;
    // A step that nobody can take is passed over.
    if (isOpen[step] === 0) return 0;
    let least = leastFresh[step] ?? 0;
    for (let at = 0; at < this.count; at += 1) {
      const own = leastContinued[step * modelCount + (this.models[at] ?? 0)] ?? 0;
      if (own < least) least = own;
    }
    return least;
  }

  private leastEntry(step: number): number {
    const { entrant, entryNanoUsd, stepCount } = this.problem;
    if (step >= stepCount) return Number.POSITIVE_INFINITY;
    const from = step * ENTRANT_COUNT;
    for (let at = from; at < from + ENTRANT_COUNT; at += 1) {
      const model = entrant[at] ?? -1;
      if (model < 0 || this.isUsed[model] === 0) return entryNanoUsd[at] ?? 0;
    }
    // All of them are in use: any other one takes no less than the last.
    return entryNanoUsd[from + ENTRANT_COUNT - 1] ?? 0;
  }
}
