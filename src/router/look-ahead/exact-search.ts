import {
  cheapestOf,
  childCount,
  choicesOf,
  dropWorseFresh,
  groupOfSlot,
  headHitOf,
  headSlotAfter,
  heldAfter,
  priceContinue,
  stalledNanoUsd,
} from './moves.ts';
import { isPlain, openPlainSearch } from './plain-search.ts';
import { SLOT_FORECAST, SLOT_LEDGER, SLOT_NOW, type Problem } from './problem.ts';
import type { FoundPlan, RootSearch } from './root-search.ts';
import type { Root } from './roots.ts';
import { UsedModels } from './used-models.ts';

/**
 * The cheapest way through the steps to come from a root: depth-first, cheapest child first, cut off where even an
 * everything-warm rest could not beat the best found. Exact. One search serves all roots of a problem, one after the other.
 */
export function openExactSearch(problem: Problem): RootSearch {
  return isPlain(problem) ? openPlainSearch(problem) : openGeneralSearch(problem);
}

/** The search that tells heads, parallel groups and write classes apart. */
export function openGeneralSearch(problem: Problem): RootSearch {
  const search = new Search(problem);
  return (root, maxStates, limit = Number.POSITIVE_INFINITY) => search.run(root, maxStates, limit);
}

/** The mutable state of a search, so that neither recursion nor the next root allocates anything. */
class Search {
  private readonly problem: Problem;
  private maxStates = 0;
  private readonly width: number;
  private readonly children: Float64Array;
  private readonly slot: Int32Array;
  private readonly tokens: Float64Array;
  /** What each model held before the parallel group that is being passed. */
  private readonly slotBefore: Int32Array;
  private readonly tokensBefore: Float64Array;
  /** [k·M + m] slot in which a model last read or wrote a head, and before the parallel group that is being passed. */
  private readonly headSlot: Int32Array;
  private readonly headSlotBefore: Int32Array;
  private readonly used: UsedModels;
  /** The models that a plan of this root may use. */
  private readonly choices: Int32Array;
  private choiceCount = 0;
  private best = Number.POSITIVE_INFINITY;
  private stateCount = 0;

  constructor(problem: Problem) {
    this.problem = problem;
    const { stepCount, modelCount } = problem;
    this.width = childCount(problem);
    this.children = new Float64Array(stepCount * this.width);
    this.slot = new Int32Array(modelCount);
    this.tokens = new Float64Array(modelCount);
    this.slotBefore = new Int32Array(modelCount);
    this.tokensBefore = new Float64Array(modelCount);
    this.headSlot = new Int32Array(problem.headCount * modelCount);
    this.headSlotBefore = new Int32Array(problem.headCount * modelCount);
    this.used = new UsedModels(problem);
    this.choices = new Int32Array(modelCount + 1);
  }

  private startOver(maxStates: number, limit: number): void {
    const { problem } = this;
    this.maxStates = maxStates;
    this.slot.fill(SLOT_LEDGER);
    this.tokens.set(problem.warmTokens);
    this.slotBefore.fill(SLOT_LEDGER);
    this.tokensBefore.set(problem.warmTokens);
    this.headSlot.fill(SLOT_LEDGER);
    this.headSlotBefore.fill(SLOT_LEDGER);
    this.best = limit;
    this.stateCount = 0;
  }

  run(root: Root, maxStates: number, limit: number): FoundPlan | undefined {
    this.startOver(maxStates, limit);
    const { problem } = this;
    let family = problem.incumbentFamily;
    const now = SLOT_NOW + (root.isLong ? problem.longOffset : 0);
    if (root.model >= 0) {
      this.slot[root.model] = now;
      this.tokens[root.model] = root.warmTokens;
      family = problem.familyIndex[root.model] ?? family;
      if (problem.sharedHead >= 0) this.headSlot[problem.sharedHead * problem.modelCount + root.model] = now;
    } else if (root.freshModel >= 0 && problem.currentHead >= 0) {
      this.headSlot[problem.currentHead * problem.modelCount + root.freshModel] = now;
    }
    this.used.startOver(root.model);
    this.choiceCount = choicesOf(problem, Math.max(root.model, root.freshModel), this.choices);
    this.children.fill(Number.POSITIVE_INFINITY);
    this.visit(0, root.transcriptTokens, root.transcriptTokens, family, 0);
    if (this.stateCount > this.maxStates) return undefined;
    return {
      nanoUsd: this.best,
      stateCount: this.stateCount,
      isAtLeast: this.best === limit && limit < Number.POSITIVE_INFINITY,
    };
  }

  private visit(step: number, transcript: number, groupTranscript: number, family: number, spent: number): void {
    const { problem, children, width } = this;
    this.stateCount += 1;
    if (this.stateCount > this.maxStates || spent + this.used.leastFrom(step) >= this.best) return;
    const joins =
      problem.hasGroups &&
      (problem.group[step] ?? -1) !== -1 &&
      (problem.group[step] ?? -1) === (step === 0 ? problem.currentGroup : (problem.group[step - 1] ?? -1));
    const meets = joins ? groupTranscript : transcript;
    const base = step * width;
    let cheapest = this.priceChildren(step, meets, family, base);
    const isLast = step + 1 === problem.stepCount;
    if (cheapest === -1) {
      const stalled = spent + stalledNanoUsd(problem, step);
      if (isLast) this.offer(stalled);
      else this.visit(step + 1, transcript, meets, family, stalled);
      return;
    }
    const floor = problem.floor[step + 1] ?? 0;
    while (cheapest !== -1) {
      const total = spent + (children[base + cheapest] ?? 0);
      if (total + floor >= this.best) return;
      if (isLast) {
        this.offer(total);
        return;
      }
      children[base + cheapest] = Number.POSITIVE_INFINITY;
      this.descend(step, cheapest, transcript, meets, family, total);
      cheapest = cheapestOf(children, base, width);
    }
  }

  private offer(total: number): void {
    if (total < this.best) this.best = total;
  }

  private descend(step: number, child: number, transcript: number, meets: number, family: number, total: number): void {
    const { problem, slot, tokens, slotBefore, tokensBefore, headSlot, headSlotBefore } = this;
    const { modelCount, freshWidth, longOffset } = problem;
    const isFresh = child >= modelCount && child < modelCount + freshWidth;
    const isLong = child >= modelCount + freshWidth;
    const model = child < modelCount ? child : isFresh ? child - modelCount : child - modelCount - freshWidth;
    const now = step + SLOT_FORECAST + (isLong ? longOffset : 0);
    const head = isFresh ? (problem.freshHead[step] ?? -1) : problem.sharedHead;
    const at = problem.headCount > 0 && head >= 0 ? head * modelCount + model : -1;
    const oldHeadSlot = at < 0 ? 0 : (headSlot[at] ?? 0);
    const oldHeadSlotBefore = at < 0 ? 0 : (headSlotBefore[at] ?? 0);
    if (at >= 0) {
      if (problem.hasGroups && !this.isInGroup(oldHeadSlot, step)) headSlotBefore[at] = oldHeadSlot;
      headSlot[at] = headSlotAfter(problem, step, head, model, oldHeadSlot, isLong);
    }
    if (isFresh) {
      this.visit(step + 1, transcript + (problem.freshGrowth[step] ?? 0), meets, family, total);
    } else {
      const oldSlot = slot[model] ?? 0;
      const oldTokens = tokens[model] ?? 0;
      const oldSlotBefore = slotBefore[model] ?? 0;
      const oldTokensBefore = tokensBefore[model] ?? 0;
      if (problem.hasGroups && !this.isInGroup(oldSlot, step)) {
        slotBefore[model] = oldSlot;
        tokensBefore[model] = oldTokens;
      }
      slot[model] = now;
      tokens[model] = heldAfter(problem, step, model, meets);
      const grown = transcript + (problem.growth[step * modelCount + model] ?? 0);
      const isNew = this.used.enter(model);
      this.visit(step + 1, grown, meets, problem.familyIndex[model] ?? family, total);
      if (isNew) this.used.leave(model);
      slot[model] = oldSlot;
      tokens[model] = oldTokens;
      slotBefore[model] = oldSlotBefore;
      tokensBefore[model] = oldTokensBefore;
    }
    if (at >= 0) {
      headSlot[at] = oldHeadSlot;
      headSlotBefore[at] = oldHeadSlotBefore;
    }
  }

  private isInGroup(slot: number, step: number): boolean {
    const own = this.problem.group[step] ?? -1;
    return own !== -1 && own === groupOfSlot(this.problem, slot);
  }

  /** Fills the children of a step and returns the cheapest, −1 when none is possible. */
  private priceChildren(step: number, transcript: number, family: number, base: number): number {
    const { problem, children, slot, tokens } = this;
    const { modelCount, freshWidth, longOffset, sharedHead } = problem;
    for (let order = 0; order < this.choiceCount; order += 1) {
      const model = this.choices[order] ?? 0;
      const cell = step * modelCount + model;
      const long = base + modelCount + freshWidth + model;
      if (longOffset > 0) children[long] = Number.POSITIVE_INFINITY;
      if (problem.canContinue[cell] === 0) {
        children[base + model] = Number.POSITIVE_INFINITY;
        continue;
      }
      let last = slot[model] ?? 0;
      let held = tokens[model] ?? 0;
      if (problem.hasGroups && this.isInGroup(last, step)) {
        last = this.slotBefore[model] ?? 0;
        held = this.tokensBefore[model] ?? 0;
      }
      const head = sharedHead < 0 ? 0 : this.headRead(step, sharedHead, model);
      children[base + model] = priceContinue(problem, step, model, transcript, family, last, held, head, false);
      if (longOffset === 0 || problem.canLong[cell] === 0) continue;
      children[long] = priceContinue(problem, step, model, transcript, family, last, held, head, true);
    }
    this.priceFresh(step, family, base + modelCount);
    return cheapestOf(children, base, this.width);
  }

  private priceFresh(step: number, family: number, base: number): void {
    const { problem, children } = this;
    const { freshWidth, familyCount } = problem;
    const from = (step * familyCount + family) * freshWidth;
    const head = problem.freshHead[step] ?? -1;
    let least = Number.POSITIVE_INFINITY;
    const optionCount = freshWidth === 1 ? 1 : this.choiceCount;
    for (let order = 0; order < optionCount; order += 1) {
      const option = freshWidth === 1 ? 0 : (this.choices[order] ?? 0);
      const cold = problem.fresh[from + option] ?? Number.POSITIVE_INFINITY;
      const share = head < 0 || cold === Number.POSITIVE_INFINITY ? 0 : this.headHit(step, head, option);
      const bill = cold - share * (problem.freshSave[step * freshWidth + option] ?? 0);
      children[base + option] = bill;
      if (bill < least) least = bill;
    }
    if (freshWidth > 1) dropWorseFresh(problem, step, children, base, least);
  }

  private headHit(step: number, head: number, model: number): number {
    const { problem } = this;
    const at = head * problem.modelCount + model;
    let last = this.headSlot[at] ?? 0;
    if (problem.hasGroups && this.isInGroup(last, step)) last = this.headSlotBefore[at] ?? 0;
    return headHitOf(problem, step, head, model, last);
  }

  private headRead(step: number, head: number, model: number): number {
    return this.headHit(step, head, model) * (this.problem.headTokens[head * this.problem.modelCount + model] ?? 0);
  }
}
