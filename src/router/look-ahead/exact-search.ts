import { SLOT_FORECAST, SLOT_LEDGER, SLOT_NOW } from './problem.ts';
import type { Problem } from './problem.ts';
import type { Root } from './roots.ts';

/** A plan for the steps to come: per step the problem's model index, or −1 − index of the family row of a fresh context. */
export interface Found {
  readonly nanoUsd: number;
  readonly stateCount: number;
  /** [j] model index for continue, `modelCount` for a fresh context, −1 where no model may take the step. */
  readonly choices: Int32Array;
}

/** States that all roots of one decision may visit before the search gives up for a beam. */
export const MAX_STATES = 30_000;

/**
 * The cheapest way through the steps to come from one root: depth-first, cheapest child first, cut off where even an
 * everything-warm rest could not beat the best found. Exact. Returns `undefined` past `maxStates`.
 */
export function searchExactly(problem: Problem, root: Root, maxStates: number): Found | undefined {
  return new Search(problem, root, maxStates).run();
}

/** The mutable state of one search, so that recursion allocates nothing. */
class Search {
  private readonly problem: Problem;
  private readonly root: Root;
  private readonly maxStates: number;
  private readonly width: number;
  private readonly children: Float64Array;
  private readonly slot: Int32Array;
  private readonly tokens: Float64Array;
  /** What each model held before the parallel group that is being passed. */
  private readonly slotBefore: Int32Array;
  private readonly tokensBefore: Float64Array;
  private readonly path: Int32Array;
  private readonly bestPath: Int32Array;
  private best = Number.POSITIVE_INFINITY;
  private stateCount = 0;

  constructor(problem: Problem, root: Root, maxStates: number) {
    this.problem = problem;
    this.root = root;
    this.maxStates = maxStates;
    const { stepCount, modelCount } = problem;
    this.width = modelCount + 1;
    this.children = new Float64Array(stepCount * this.width);
    this.slot = new Int32Array(modelCount).fill(SLOT_LEDGER);
    this.tokens = Float64Array.from(problem.warmTokens);
    this.slotBefore = Int32Array.from(this.slot);
    this.tokensBefore = Float64Array.from(this.tokens);
    this.path = new Int32Array(stepCount).fill(-1);
    this.bestPath = new Int32Array(stepCount).fill(-1);
  }

  run(): Found | undefined {
    const { problem, root } = this;
    let family = problem.incumbentFamily;
    if (root.model >= 0) {
      this.slot[root.model] = SLOT_NOW;
      this.tokens[root.model] = root.warmTokens;
      family = problem.familyIndex[root.model] ?? family;
    }
    this.visit(0, root.transcriptTokens, root.transcriptTokens, family, 0);
    if (this.stateCount > this.maxStates) return undefined;
    return { nanoUsd: this.best, stateCount: this.stateCount, choices: this.bestPath };
  }

  private visit(step: number, transcript: number, groupTranscript: number, family: number, spent: number): void {
    const { problem, children, width } = this;
    this.stateCount += 1;
    if (this.stateCount > this.maxStates) return;
    const joins =
      problem.hasGroups &&
      (problem.group[step] ?? -1) !== -1 &&
      (problem.group[step] ?? -1) === (step === 0 ? problem.currentGroup : (problem.group[step - 1] ?? -1));
    const meets = joins ? groupTranscript : transcript;
    const base = step * width;
    let cheapest = this.priceChildren(step, meets, family, base);
    const isLast = step + 1 === problem.stepCount;
    if (cheapest === -1) {
      this.path[step] = -1;
      if (isLast) this.offer(spent);
      else this.visit(step + 1, transcript, meets, family, spent);
      return;
    }
    const floor = problem.floor[step + 1] ?? 0;
    while (cheapest !== -1) {
      const total = spent + (children[base + cheapest] ?? 0);
      if (total + floor >= this.best) return;
      this.path[step] = cheapest;
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
    if (total >= this.best) return;
    this.best = total;
    this.bestPath.set(this.path);
  }

  private descend(step: number, child: number, transcript: number, meets: number, family: number, total: number): void {
    const { problem, slot, tokens, slotBefore, tokensBefore } = this;
    if (child === problem.modelCount) {
      this.visit(step + 1, transcript + (problem.freshGrowth[step] ?? 0), meets, family, total);
      return;
    }
    const cell = step * problem.modelCount + child;
    const oldSlot = slot[child] ?? 0;
    const oldTokens = tokens[child] ?? 0;
    const oldSlotBefore = slotBefore[child] ?? 0;
    const oldTokensBefore = tokensBefore[child] ?? 0;
    if (problem.hasGroups && !this.isInGroup(oldSlot, step)) {
      slotBefore[child] = oldSlot;
      tokensBefore[child] = oldTokens;
    }
    slot[child] = step + SLOT_FORECAST;
    tokens[child] = heldAfter(problem, step, child, meets);
    const grown = transcript + (problem.growth[cell] ?? 0);
    this.visit(step + 1, grown, meets, problem.familyIndex[child] ?? family, total);
    slot[child] = oldSlot;
    tokens[child] = oldTokens;
    slotBefore[child] = oldSlotBefore;
    tokensBefore[child] = oldTokensBefore;
  }

  private isInGroup(slot: number, step: number): boolean {
    const { group, currentGroup } = this.problem;
    const own = group[step] ?? -1;
    if (own === -1 || slot === SLOT_LEDGER) return false;
    return own === (slot === SLOT_NOW ? currentGroup : (group[slot - SLOT_FORECAST] ?? -1));
  }

  /** Fills the children of a step and returns the cheapest, −1 when none is possible. */
  private priceChildren(step: number, transcript: number, family: number, base: number): number {
    const { problem, children, slot, tokens } = this;
    const { modelCount } = problem;
    const fresh = problem.fresh[step * problem.familyCount + family] ?? Number.POSITIVE_INFINITY;
    children[base + modelCount] = fresh;
    let cheapest = fresh < Number.POSITIVE_INFINITY ? modelCount : -1;
    let least = fresh;
    for (let model = 0; model < modelCount; model += 1) {
      const cell = step * modelCount + model;
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
      const bill = priceContinue(problem, step, model, transcript, family, last, held);
      children[base + model] = bill;
      if (bill < least) {
        least = bill;
        cheapest = model;
      }
    }
    return cheapest;
  }
}

/** Tokens that a model holds after continuing from a transcript: its last prompt, if that was long enough to be cached. */
export function heldAfter(problem: Problem, step: number, model: number, transcript: number): number {
  const prompt = (transcript + (problem.instruction[step] ?? 0)) * (problem.tokenRatio[model] ?? 1);
  const held = prompt + (problem.promptGrowth[step * problem.modelCount + model] ?? 0);
  return held < (problem.minTokens[model] ?? 0) ? 0 : held;
}

/** Cost of continuing on a model that last used the transcript in a slot and held so many tokens then. Positional: hot. */
export function priceContinue(
  problem: Problem,
  step: number,
  model: number,
  transcript: number,
  family: number,
  slot: number,
  held: number,
): number {
  const { modelCount } = problem;
  const cell = step * modelCount + model;
  const hit = problem.hit[(step * (problem.stepCount + 2) + slot) * modelCount + model] ?? 0;
  const prompt = (transcript + (problem.instruction[step] ?? 0)) * (problem.tokenRatio[model] ?? 1);
  const read = hit * (held < prompt ? held : prompt);
  const bill =
    problem.isCurved[cell] === 1
      ? problem.curvedBill(step, model, transcript, read)
      : (problem.fixed[cell] ?? 0) + (problem.perToken[cell] ?? 0) * transcript - (problem.perWarm[cell] ?? 0) * read;
  if (!problem.hasDrift) return bill;
  return bill + (problem.continueDrift[family * modelCount + model] ?? 0) * (problem.perDrift[cell] ?? 0);
}

function cheapestOf(children: Float64Array, base: number, width: number): number {
  let cheapest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let child = 0; child < width; child += 1) {
    const bill = children[base + child] ?? Number.POSITIVE_INFINITY;
    if (bill < least) {
      least = bill;
      cheapest = child;
    }
  }
  return cheapest;
}
