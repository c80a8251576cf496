import { choicesOf, cheapestOf, stalledNanoUsd } from './moves.ts';
import { SLOT_FORECAST, SLOT_LEDGER, SLOT_NOW, type Problem } from './problem.ts';
import type { FoundPlan, RootSearch } from './root-search.ts';
import type { Root } from './roots.ts';
import { UsedModels } from './used-models.ts';

/** True where all that a plan changes is who continues: no heads, parallel groups or write classes to tell apart. */
export function isPlain(problem: Problem): boolean {
  return !problem.hasGroups && problem.headCount === 0 && problem.longOffset === 0;
}

/** The search of each problem whose tables are filled again and again. */
const known = new WeakMap<Problem, PlainSearch>();

/**
 * The exact search of plain problems, as nearly all sessions without a plan are: the same states in the same order as the
 * general one, at a fraction of the time, because a step's prices lie side by side.
 */
export function openPlainSearch(problem: Problem): RootSearch {
  const search = known.get(problem) ?? new PlainSearch(problem);
  known.set(problem, search);
  search.fillLines();
  return (root, maxStates, limit = Number.POSITIVE_INFINITY) => search.run(root, maxStates, limit);
}

/** Numbers of one (step, model): fixed, perToken, perWarm, tokenRatio, growth, promptGrowth, perDrift, isCurved. */
const STRIDE = 8;

class PlainSearch {
  private readonly problem: Problem;
  private readonly modelCount: number;
  private readonly width: number;
  private readonly lines: Float64Array;
  private readonly children: Float64Array;
  /** [m] slot in which a model was last used, and what it held then. */
  private readonly slot: Int32Array;
  private readonly tokens: Float64Array;
  private readonly used: UsedModels;
  /** The models that a plan of this root may use. */
  private readonly choices: Int32Array;
  private choiceCount = 0;
  private maxStates = 0;
  private best = Number.POSITIVE_INFINITY;
  private stateCount = 0;
  /** Bill of the second cheapest child of the step that was priced last. */
  private second = Number.POSITIVE_INFINITY;

  constructor(problem: Problem) {
    this.problem = problem;
    const { stepCount, modelCount } = problem;
    this.modelCount = modelCount;
    this.width = modelCount + 2;
    const numbers = new Float64Array(stepCount * modelCount * STRIDE + stepCount * this.width + modelCount);
    const lineCount = stepCount * modelCount * STRIDE;
    this.lines = numbers.subarray(0, lineCount);
    this.children = numbers.subarray(lineCount, lineCount + stepCount * this.width);
    this.tokens = numbers.subarray(lineCount + stepCount * this.width);
    this.slot = new Int32Array(modelCount);
    this.used = new UsedModels(problem);
    this.choices = new Int32Array(modelCount + 1);
  }

  /** Takes over what the problem's tables hold by now. */
  fillLines(): void {
    const { lines, problem, modelCount } = this;
    for (let cell = 0; cell < problem.stepCount * modelCount; cell += 1) {
      const at = cell * STRIDE;
      lines[at] = problem.canContinue[cell] === 0 ? Number.POSITIVE_INFINITY : (problem.fixed[cell] ?? 0);
      lines[at + 1] = problem.perToken[cell] ?? 0;
      lines[at + 2] = problem.perWarm[cell] ?? 0;
      lines[at + 3] = problem.tokenRatio[cell % modelCount] ?? 1;
      lines[at + 4] = problem.growth[cell] ?? 0;
      lines[at + 5] = problem.promptGrowth[cell] ?? 0;
      lines[at + 6] = problem.perDrift[cell] ?? 0;
      lines[at + 7] = problem.isCurved[cell] ?? 0;
    }
  }

  run(root: Root, maxStates: number, limit: number): FoundPlan | undefined {
    const { problem } = this;
    this.maxStates = maxStates;
    this.best = limit;
    this.stateCount = 0;
    this.slot.fill(SLOT_LEDGER);
    this.tokens.set(problem.warmTokens);
    let family = problem.incumbentFamily;
    if (root.model >= 0) {
      this.slot[root.model] = SLOT_NOW;
      this.tokens[root.model] = root.warmTokens;
      family = problem.familyIndex[root.model] ?? family;
    }
    this.used.startOver(root.model);
    this.choiceCount = choicesOf(problem, root.model, this.choices);
    this.visit(0, root.transcriptTokens, family, 0);
    if (this.stateCount > maxStates) return undefined;
    return {
      nanoUsd: this.best,
      stateCount: this.stateCount,
      isAtLeast: this.best === limit && limit < Number.POSITIVE_INFINITY,
    };
  }

  private visit(step: number, transcript: number, family: number, spent: number): void {
    const { problem, children, choices, choiceCount, width } = this;
    this.stateCount += 1;
    if (this.stateCount > this.maxStates || spent + this.used.leastFrom(step) >= this.best) return;
    const base = step * width;
    const isLast = step + 1 === problem.stepCount;
    let child = this.priceChildren(step, transcript, family);
    const { second } = this;
    if (child === -1) {
      const stalled = spent + stalledNanoUsd(problem, step);
      if (!isLast) this.visit(step + 1, transcript, family, stalled);
      else if (stalled < this.best) this.best = stalled;
      return;
    }
    const floor = problem.floor[step + 1] ?? 0;
    while (child !== -1) {
      const total = spent + (children[base + child] ?? 0);
      if (total + floor >= this.best) return;
      if (isLast) {
        this.best = total;
        return;
      }
      children[base + child] = Number.POSITIVE_INFINITY;
      if (child === choiceCount) this.visit(step + 1, transcript + (problem.freshGrowth[step] ?? 0), family, total);
      else this.descend(step, choices[child] ?? 0, transcript, total);
      if (spent + second + floor >= this.best) return;
      child = cheapestOf(children, base, choiceCount + 1);
    }
  }

  private descend(step: number, model: number, transcript: number, total: number): void {
    const { problem, slot, tokens, lines } = this;
    const at = (step * this.modelCount + model) * STRIDE;
    const oldSlot = slot[model] ?? 0;
    const oldTokens = tokens[model] ?? 0;
    const text = (transcript + (problem.instruction[step] ?? 0)) * (lines[at + 3] ?? 1);
    const prompt = text + (problem.mediaTokens[model] ?? 0);
    const held = prompt + (lines[at + 5] ?? 0);
    slot[model] = step + SLOT_FORECAST;
    tokens[model] = held < (problem.minTokens[model] ?? 0) ? 0 : held;
    const isNew = this.used.enter(model);
    this.visit(step + 1, transcript + (lines[at + 4] ?? 0), problem.familyIndex[model] ?? 0, total);
    if (isNew) this.used.leave(model);
    slot[model] = oldSlot;
    tokens[model] = oldTokens;
  }

  /** Fills the children of a step and returns the cheapest, −1 when none is possible. */
  private priceChildren(step: number, transcript: number, family: number): number {
    const { problem, children, slot, tokens, lines, modelCount } = this;
    const { hit, hasDrift, continueDrift, mediaTokens } = problem;
    const meets = transcript + (problem.instruction[step] ?? 0);
    const base = step * this.width;
    const hits = step * problem.slotCount * modelCount;
    const drifts = family * modelCount;
    let cheapest = -1;
    let least = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    const { choices, choiceCount } = this;
    for (let order = 0; order < choiceCount; order += 1) {
      const model = choices[order] ?? 0;
      const at = (step * modelCount + model) * STRIDE;
      const prompt = meets * (lines[at + 3] ?? 1) + (mediaTokens[model] ?? 0);
      const held = tokens[model] ?? 0;
      const ratio = hit[hits + (slot[model] ?? 0) * modelCount + model] ?? 0;
      const read = ratio * (held < prompt ? held : prompt);
      let bill =
        lines[at + 7] === 0
          ? (lines[at] ?? 0) + (lines[at + 1] ?? 0) * transcript - (lines[at + 2] ?? 0) * read
          : problem.curvedBill(step, model, transcript, read, false);
      if (hasDrift) bill += (continueDrift[drifts + model] ?? 0) * (lines[at + 6] ?? 0);
      children[base + order] = bill;
      if (bill < least) {
        second = least;
        least = bill;
        cheapest = order;
      } else if (bill < second) second = bill;
    }
    const fresh = problem.fresh[step * problem.familyCount + family] ?? Number.POSITIVE_INFINITY;
    children[base + choiceCount] = fresh;
    const isFresh = fresh < least;
    this.second = isFresh ? least : Math.min(second, fresh);
    return isFresh ? choiceCount : cheapest;
  }
}
