import { SLOT_FORECAST, SLOT_LEDGER, SLOT_NOW, type Problem } from './problem.ts';

/** Room for all ways to take one step. */
export function childCount(problem: Problem): number {
  return problem.modelCount * (problem.longOffset > 0 ? 2 : 1) + problem.freshWidth;
}

/** Parallel group of the step that a slot stands for, −1 for none. */
export function groupOfSlot(problem: Problem, slot: number): number {
  const { longOffset } = problem;
  const plain = longOffset > 0 && slot >= longOffset ? slot - longOffset : slot;
  if (plain === SLOT_LEDGER) return -1;
  return plain === SLOT_NOW ? problem.currentGroup : (problem.group[plain - SLOT_FORECAST] ?? -1);
}

/** Share of a head that a step is expected to read on a model that last used it in a slot. */
export function headHitOf(problem: Problem, step: number, head: number, model: number, slot: number): number {
  const { headCount, modelCount } = problem;
  if (slot === SLOT_LEDGER) return problem.ledgerHeadHit[(step * headCount + head) * modelCount + model] ?? 0;
  return problem.hit[(step * problem.slotCount + slot) * modelCount + model] ?? 0;
}

/** The slot of a head that a step used: a read renews a head that was written for an hour for another hour. */
export function headSlotAfter(
  problem: Problem,
  step: number,
  head: number,
  model: number,
  before: number,
  isLong: boolean,
): number {
  const { longOffset } = problem;
  const own = problem.group[step] ?? -1;
  const isOfSameGroup = own !== -1 && own === groupOfSlot(problem, before);
  const isAlive = isOfSameGroup || headHitOf(problem, step, head, model, before) > 0;
  const keepsHour = longOffset > 0 && before >= longOffset && isAlive;
  return step + SLOT_FORECAST + (isLong || keepsHour ? longOffset : 0);
}

/**
 * Fresh contexts leave one thing behind: a warm head on their model, which is worth something once at most. One that is
 * dearer than the cheapest by all of that is never better, the cheapest of those that leave nothing is the only one.
 */
export function dropWorseFresh(problem: Problem, step: number, bills: Float64Array, base: number, least: number): void {
  const { freshWidth, headCount, modelCount, headWorth } = problem;
  const head = problem.freshHead[step] ?? -1;
  let isLeastKept = false;
  for (let option = 0; option < freshWidth; option += 1) {
    const bill = bills[base + option] ?? Number.POSITIVE_INFINITY;
    if (bill === least && !isLeastKept) {
      isLeastKept = true;
      continue;
    }
    const worth = head < 0 ? 0 : (headWorth[((step + 1) * headCount + head) * modelCount + option] ?? 0);
    if (bill - least >= worth) bills[base + option] = Number.POSITIVE_INFINITY;
  }
}

/** First prompt of a step that continues a transcript, in the model's tokens. */
function promptOf(problem: Problem, step: number, model: number, transcript: number): number {
  const text = (transcript + (problem.instruction[step] ?? 0)) * (problem.tokenRatio[model] ?? 1);
  return text + (problem.mediaTokens[model] ?? 0);
}

/** Tokens that a model holds after continuing from a transcript: its last prompt, if that was long enough to be cached. */
export function heldAfter(problem: Problem, step: number, model: number, transcript: number): number {
  const prompt = promptOf(problem, step, model, transcript);
  const held = prompt + (problem.promptGrowth[step * problem.modelCount + model] ?? 0);
  return held < (problem.minTokens[model] ?? 0) ? 0 : held;
}

/**
 * Cost of continuing on a model that last used the transcript in a slot and held so many tokens then, or at least the
 * head that it is expected to read. Positional: hot.
 */
export function priceContinue(
  problem: Problem,
  step: number,
  model: number,
  transcript: number,
  family: number,
  slot: number,
  held: number,
  headRead: number,
  isLong: boolean,
): number {
  const { modelCount } = problem;
  const cell = step * modelCount + model;
  const hit = problem.hit[(step * problem.slotCount + slot) * modelCount + model] ?? 0;
  const prompt = promptOf(problem, step, model, transcript);
  let read = hit * (held < prompt ? held : prompt);
  if (headRead > read) read = headRead < prompt ? headRead : prompt;
  const bill =
    problem.isCurved[cell] === 1
      ? problem.curvedBill(step, model, transcript, read, isLong)
      : isLong
        ? (problem.longFixed[cell] ?? 0) +
          (problem.longPerToken[cell] ?? 0) * transcript -
          (problem.longPerWarm[cell] ?? 0) * read
        : (problem.fixed[cell] ?? 0) + (problem.perToken[cell] ?? 0) * transcript - (problem.perWarm[cell] ?? 0) * read;
  if (!problem.hasDrift) return bill;
  return bill + (problem.continueDrift[family * modelCount + model] ?? 0) * (problem.perDrift[cell] ?? 0);
}

/** The cheapest child that is left of a step, −1 when none is possible. */
export function cheapestOf(children: Float64Array, base: number, width: number): number {
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

/** The models that a plan from a root may continue on: those that may be brought in, and the root's own. Returns how many. */
export function choicesOf({ actives, activeCount, isActive }: Problem, rootModel: number, into: Int32Array): number {
  into.set(actives.subarray(0, activeCount));
  if (rootModel < 0 || isActive[rootModel] === 1) return activeCount;
  into[activeCount] = rootModel;
  return activeCount + 1;
}

/** How many ways a search looks at in one step. */
export function extensionCount({ activeCount, longOffset, freshWidth }: Problem): number {
  return activeCount * (longOffset > 0 ? 2 : 1) + (freshWidth > 1 ? activeCount : 1);
}

/** What a step costs that nobody can take any more: the least that it could have, and nothing where nobody ever could. */
export function stalledNanoUsd({ floor }: Problem, step: number): number {
  return (floor[step] ?? 0) - (floor[step + 1] ?? 0);
}
