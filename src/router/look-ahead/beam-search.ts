// One file: one loop over one set of tables; cut apart, its hot arrays would travel as arguments.

import {
  childCount,
  dropWorseFresh,
  groupOfSlot,
  headHitOf,
  headSlotAfter,
  heldAfter,
  priceContinue,
  stalledNanoUsd,
} from './moves.ts';
import { SLOT_FORECAST, SLOT_LEDGER, SLOT_NOW, type Problem } from './problem.ts';
import type { Root } from './roots.ts';

/** A partial plan that is kept: everything the future may depend on. */
interface Beam {
  readonly root: number;
  /** The model of the root, which its plans may use although others would not bring it in; −1 for none. */
  readonly own: number;
  readonly spent: number;
  readonly transcript: number;
  readonly groupTranscript: number;
  readonly family: number;
  readonly slot: readonly number[];
  readonly tokens: readonly number[];
  readonly slotBefore: readonly number[];
  readonly tokensBefore: readonly number[];
  readonly headSlot: readonly number[];
  readonly headSlotBefore: readonly number[];
}

/** All one-step continuations of the kept plans, as columns. */
interface Extensions {
  count: number;
  readonly from: Int32Array;
  readonly choice: Int32Array;
  readonly spent: Float64Array;
  readonly priority: Float64Array;
  /** Room for the fresh contexts of one plan. */
  readonly fresh: Float64Array;
}

export interface BeamFound {
  /** Per root the cheapest plan found, infinite where none survived. */
  readonly nanoUsd: readonly number[];
  /** Per root a cost that no plan goes under: the cheapest that a dropped one could have come to, everything warm. */
  readonly boundNanoUsd: readonly number[];
  readonly stateCount: number;
  /** True when nothing but provably worse plans was dropped, so that the result is the optimum. */
  readonly isExact: boolean;
}

/**
 * Step by step, keeps about `width` partial plans. Plans are dropped first where another one is provably no worse: it
 * has spent less by at least all that the other's warmer caches could ever save, because a model that lags behind catches
 * up once. What is still too many goes by what was spent less half the worth of its caches; each root keeps its best one,
 * so that losers get a price too.
 */
export function searchBeam(problem: Problem, roots: readonly Root[], width: number): BeamFound {
  let beams: readonly Beam[] = roots.map((root, index) => startAt(problem, root, index));
  const capacity = (width + roots.length * KEPT_PER_ROOT) * childCount(problem);
  const extensions: Extensions = {
    count: 0,
    from: new Int32Array(capacity),
    choice: new Int32Array(capacity),
    spent: new Float64Array(capacity),
    priority: new Float64Array(capacity),
    fresh: new Float64Array(problem.freshWidth),
  };
  let stateCount = beams.length;
  let isExact = true;
  const dropped = new Float64Array(roots.length).fill(Number.POSITIVE_INFINITY);
  for (let step = 0; step < problem.stepCount; step += 1) {
    extensions.count = 0;
    for (const [index, beam] of beams.entries()) extend(problem, step, beam, index, extensions);
    const pruned = prune(problem, step, beams, extensions, { width, rootCount: roots.length, dropped });
    beams = pruned.beams;
    isExact &&= !pruned.isTruncated;
    stateCount += beams.length;
  }
  const nanoUsd = roots.map(() => Number.POSITIVE_INFINITY);
  for (const beam of beams) {
    if (beam.spent < (nanoUsd[beam.root] ?? 0)) nanoUsd[beam.root] = beam.spent;
  }
  const boundNanoUsd = nanoUsd.map((found, root) => Math.min(found, dropped[root] ?? found));
  return { nanoUsd, boundNanoUsd, stateCount, isExact };
}

/** How many plans of each root survive whatever the others cost. */
const KEPT_PER_ROOT = 1;

function startAt(problem: Problem, root: Root, index: number): Beam {
  const slot = Array.from<number>({ length: problem.modelCount }).fill(SLOT_LEDGER);
  const tokens = [...problem.warmTokens];
  const slotBefore = [...slot];
  const tokensBefore = [...tokens];
  const headSlot = Array.from<number>({ length: problem.headCount * problem.modelCount }).fill(SLOT_LEDGER);
  const headSlotBefore = [...headSlot];
  const now = SLOT_NOW + (root.isLong ? problem.longOffset : 0);
  let family = problem.incumbentFamily;
  if (root.model >= 0) {
    slot[root.model] = now;
    tokens[root.model] = root.warmTokens;
    family = problem.familyIndex[root.model] ?? family;
    if (problem.sharedHead >= 0) headSlot[problem.sharedHead * problem.modelCount + root.model] = now;
  } else if (root.freshModel >= 0 && problem.currentHead >= 0) {
    headSlot[problem.currentHead * problem.modelCount + root.freshModel] = now;
  }
  return {
    root: index,
    own: Math.max(root.model, root.freshModel),
    spent: 0,
    transcript: root.transcriptTokens,
    groupTranscript: root.transcriptTokens,
    family,
    slot,
    tokens,
    slotBefore,
    tokensBefore,
    headSlot,
    headSlotBefore,
  };
}

function joinsGroup(problem: Problem, step: number): boolean {
  const own = problem.group[step] ?? -1;
  return own !== -1 && own === (step === 0 ? problem.currentGroup : (problem.group[step - 1] ?? -1));
}

function extend(problem: Problem, step: number, beam: Beam, index: number, extensions: Extensions): void {
  const { modelCount, freshWidth, longOffset, sharedHead } = problem;
  const transcript = joinsGroup(problem, step) ? beam.groupTranscript : beam.transcript;
  const own = problem.group[step] ?? -1;
  const worth = warmWorth(problem, step + 1, beam);
  const before = extensions.count;
  for (let model = 0; model < modelCount; model += 1) {
    if (problem.isActive[model] === 0 && beam.own !== model) continue;
    const cell = step * modelCount + model;
    if (problem.canContinue[cell] === 0) continue;
    let slot = beam.slot[model] ?? 0;
    let held = beam.tokens[model] ?? 0;
    if (own !== -1 && groupOfSlot(problem, slot) === own) {
      slot = beam.slotBefore[model] ?? 0;
      held = beam.tokensBefore[model] ?? 0;
    }
    const head = sharedHead < 0 ? 0 : headReadOf(problem, step, beam, sharedHead, model);
    const bill = priceContinue(problem, step, model, transcript, beam.family, slot, held, head, false);
    const spent = beam.spent + bill;
    if (spent === Number.POSITIVE_INFINITY) continue;
    const after = heldAfter(problem, step, model, transcript);
    const gained =
      worthOf(problem, step + 1, model, after) - worthOf(problem, step + 1, model, beam.tokens[model] ?? 0);
    add(extensions, index, model, spent, spent - 0.5 * (worth + gained));
    if (longOffset === 0 || problem.canLong[cell] === 0) continue;
    const long = beam.spent + priceContinue(problem, step, model, transcript, beam.family, slot, held, head, true);
    // As much again is at stake: without the long class the prefix would be gone after the pause.
    const kept = worthOf(problem, step + 1, model, after);
    add(extensions, index, modelCount + freshWidth + model, long, long - 0.5 * (worth + gained + kept));
  }
  extendFresh(problem, step, beam, { index, worth }, extensions);
  if (extensions.count > before) return;
  const stalled = beam.spent + stalledNanoUsd(problem, step);
  add(extensions, index, -1, stalled, stalled - 0.5 * worth);
}

function extendFresh(
  problem: Problem,
  step: number,
  beam: Beam,
  of: { readonly index: number; readonly worth: number },
  extensions: Extensions,
): void {
  const { modelCount, freshWidth, familyCount, headCount } = problem;
  const { fresh } = extensions;
  const head = problem.freshHead[step] ?? -1;
  const from = (step * familyCount + beam.family) * freshWidth;
  let least = Number.POSITIVE_INFINITY;
  for (let option = 0; option < freshWidth; option += 1) {
    fresh[option] = Number.POSITIVE_INFINITY;
    if (freshWidth > 1 && problem.isActive[option] === 0 && beam.own !== option) continue;
    const cold = problem.fresh[from + option] ?? Number.POSITIVE_INFINITY;
    const share = head < 0 || cold === Number.POSITIVE_INFINITY ? 0 : headShare(problem, step, beam, head, option);
    const bill = cold - share * (problem.freshSave[step * freshWidth + option] ?? 0);
    fresh[option] = bill;
    if (bill < least) least = bill;
  }
  if (freshWidth > 1) dropWorseFresh(problem, step, fresh, 0, least);
  for (let option = 0; option < freshWidth; option += 1) {
    const spent = beam.spent + (fresh[option] ?? Number.POSITIVE_INFINITY);
    if (spent === Number.POSITIVE_INFINITY) continue;
    const isWarm = head >= 0 && headShare(problem, step, beam, head, option) > 0;
    const gained =
      head < 0 || isWarm ? 0 : (problem.headWorth[((step + 1) * headCount + head) * modelCount + option] ?? 0);
    add(extensions, of.index, modelCount + option, spent, spent - 0.5 * (of.worth + gained));
  }
}

function headShare(problem: Problem, step: number, beam: Beam, head: number, model: number): number {
  const at = head * problem.modelCount + model;
  const own = problem.group[step] ?? -1;
  let slot = beam.headSlot[at] ?? 0;
  if (own !== -1 && groupOfSlot(problem, slot) === own) slot = beam.headSlotBefore[at] ?? 0;
  return headHitOf(problem, step, head, model, slot);
}

function headReadOf(problem: Problem, step: number, beam: Beam, head: number, model: number): number {
  return headShare(problem, step, beam, head, model) * (problem.headTokens[head * problem.modelCount + model] ?? 0);
}

function add(extensions: Extensions, from: number, choice: number, spent: number, priority: number): void {
  const at = extensions.count;
  extensions.from[at] = from;
  extensions.choice[at] = choice;
  extensions.spent[at] = spent;
  extensions.priority[at] = priority;
  extensions.count = at + 1;
}

function warmWorth(problem: Problem, step: number, beam: Beam): number {
  let worth = 0;
  for (let model = 0; model < problem.modelCount; model += 1) {
    worth += worthOf(problem, step, model, beam.tokens[model] ?? 0);
  }
  return worth;
}

/** What warm tokens of the transcript may be worth: no more than what continuing saves against fresh contexts. */
function worthOf(problem: Problem, step: number, model: number, tokens: number): number {
  const cell = step * problem.modelCount + model;
  const worth = (problem.warmWorth[cell] ?? 0) * tokens;
  const cap = problem.warmCap[cell] ?? 0;
  return worth < cap ? worth : cap;
}

interface BeamLimits {
  readonly width: number;
  readonly rootCount: number;
  /** Per root the least that a plan which was dropped without proof could have come to. */
  readonly dropped: Float64Array;
}

function prune(
  problem: Problem,
  step: number,
  beams: readonly Beam[],
  extensions: Extensions,
  limits: BeamLimits,
): { readonly beams: readonly Beam[]; readonly isTruncated: boolean } {
  const floor = problem.floor[step + 1] ?? 0;
  const selected = preselect(beams, extensions, limits, floor);
  const order = selected.sort((a, b) => (extensions.spent[a] ?? 0) - (extensions.spent[b] ?? 0) || a - b);
  const kept: Beam[] = [];
  const priorities: number[] = [];
  for (const at of order) {
    const from = beams[extensions.from[at] ?? 0];
    if (from === undefined) continue;
    const beam = follow(problem, step, from, extensions.choice[at] ?? -1, extensions.spent[at] ?? 0);
    if (isDominated(problem, step + 1, kept, beam)) continue;
    kept.push(beam);
    priorities.push(extensions.priority[at] ?? 0);
  }
  const isTruncated = selected.length < extensions.count;
  if (kept.length <= limits.width) return { beams: kept, isTruncated };
  const ranks = kept.map((_, at) => at).sort((a, b) => (priorities[a] ?? 0) - (priorities[b] ?? 0) || a - b);
  const perRoot = new Int32Array(limits.rootCount);
  const chosen: Beam[] = [];
  for (const [rank, at] of ranks.entries()) {
    const beam = kept[at];
    if (beam === undefined) continue;
    const count = (perRoot[beam.root] = (perRoot[beam.root] ?? 0) + 1);
    if (rank < limits.width || count <= KEPT_PER_ROOT) chosen.push(beam);
    else drop(limits, beam.root, beam.spent + floor);
  }
  return { beams: chosen, isTruncated: true };
}

function drop({ dropped }: BeamLimits, root: number, atLeast: number): void {
  if (atLeast < (dropped[root] ?? 0)) dropped[root] = atLeast;
}

/** Where there are far too many continuations, only the more promising half of what can be kept is looked at closely. */
function preselect(beams: readonly Beam[], extensions: Extensions, limits: BeamLimits, floor: number): number[] {
  const { count, priority, from } = extensions;
  const selected: number[] = [];
  const limit = 2 * limits.width;
  if (count <= 2 * limit) {
    for (let at = 0; at < count; at += 1) selected.push(at);
    return selected;
  }
  const threshold = smallest(priority.slice(0, count), limit - 1);
  const best = new Float64Array(limits.rootCount).fill(Number.POSITIVE_INFINITY);
  const rootOf = Int32Array.from(beams, (beam) => beam.root);
  for (let at = 0; at < count; at += 1) {
    const root = rootOf[from[at] ?? 0] ?? 0;
    if ((priority[at] ?? 0) < (best[root] ?? 0)) best[root] = priority[at] ?? 0;
  }
  for (let at = 0; at < count; at += 1) {
    const root = rootOf[from[at] ?? 0] ?? 0;
    if ((priority[at] ?? 0) <= threshold || priority[at] === best[root]) selected.push(at);
    else drop(limits, root, (extensions.spent[at] ?? 0) + floor);
  }
  return selected;
}

/** The value that would stand at `rank` if the numbers were sorted; reorders them. */
function smallest(values: Float64Array, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? 0;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] ?? 0) < pivot) left += 1;
      while ((values[right] ?? 0) > pivot) right -= 1;
      if (left > right) break;
      const moved = values[left] ?? 0;
      values[left] = values[right] ?? 0;
      values[right] = moved;
      left += 1;
      right -= 1;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else return values[rank] ?? 0;
  }
  return values[rank] ?? 0;
}

function isDominated(problem: Problem, step: number, kept: readonly Beam[], beam: Beam): boolean {
  for (const other of kept) if (dominates(problem, step, other, beam)) return true;
  return false;
}

function follow(problem: Problem, step: number, from: Beam, choice: number, spent: number): Beam {
  const meets = joinsGroup(problem, step) ? from.groupTranscript : from.transcript;
  const { modelCount, freshWidth, longOffset } = problem;
  const { root, own, slot, tokens, slotBefore, tokensBefore, family, transcript } = from;
  const base = { root, own, spent, groupTranscript: meets };
  const { headSlot, headSlotBefore } = from;
  if (choice < 0) {
    return { ...base, transcript, family, slot, tokens, slotBefore, tokensBefore, headSlot, headSlotBefore };
  }
  const isFresh = choice >= modelCount && choice < modelCount + freshWidth;
  const isLong = choice >= modelCount + freshWidth;
  const model = choice < modelCount ? choice : isFresh ? choice - modelCount : choice - modelCount - freshWidth;
  const heads = headsAfter(problem, step, from, { model, isFresh, isLong });
  if (isFresh) {
    const grown = transcript + (problem.freshGrowth[step] ?? 0);
    return { ...base, ...heads, transcript: grown, family, slot, tokens, slotBefore, tokensBefore };
  }
  const group = problem.group[step] ?? -1;
  const isSameGroup = group !== -1 && groupOfSlot(problem, slot[model] ?? 0) === group;
  const keepsBefore = !problem.hasGroups || isSameGroup;
  return {
    ...base,
    ...heads,
    transcript: transcript + (problem.growth[step * modelCount + model] ?? 0),
    family: problem.familyIndex[model] ?? family,
    slot: slot.with(model, step + SLOT_FORECAST + (isLong ? longOffset : 0)),
    tokens: tokens.with(model, heldAfter(problem, step, model, meets)),
    slotBefore: keepsBefore ? slotBefore : slotBefore.with(model, slot[model] ?? 0),
    tokensBefore: keepsBefore ? tokensBefore : tokensBefore.with(model, tokens[model] ?? 0),
  };
}

function headsAfter(
  problem: Problem,
  step: number,
  from: Beam,
  by: { readonly model: number; readonly isFresh: boolean; readonly isLong: boolean },
): Pick<Beam, 'headSlot' | 'headSlotBefore'> {
  const { headSlot, headSlotBefore } = from;
  const head = by.isFresh ? (problem.freshHead[step] ?? -1) : problem.sharedHead;
  if (problem.headCount === 0 || head < 0) return { headSlot, headSlotBefore };
  const at = head * problem.modelCount + by.model;
  const old = headSlot[at] ?? 0;
  const own = problem.group[step] ?? -1;
  const keepsBefore = !problem.hasGroups || (own !== -1 && groupOfSlot(problem, old) === own);
  return {
    headSlot: headSlot.with(at, headSlotAfter(problem, step, head, by.model, old, by.isLong)),
    headSlotBefore: keepsBefore ? headSlotBefore : headSlotBefore.with(at, old),
  };
}

/**
 * True when going on from `one` can never cost more than going on from `other`: its transcript is no longer, and it has
 * spent less by at least what the other's warmer caches may save, each once.
 */
function dominates(problem: Problem, step: number, one: Beam, other: Beam): boolean {
  if (one.root !== other.root || one.transcript > other.transcript) return false;
  if (problem.hasCurves && one.transcript !== other.transcript) return false;
  if (problem.hasDrift && one.family !== other.family) return false;
  if (problem.hasGroups && one.groupTranscript > other.groupTranscript) return false;
  const lead = other.spent - one.spent;
  if (lead < 0) return false;
  if (step >= problem.stepCount) return true;
  const { modelCount } = problem;
  let worth = problem.headCount === 0 ? 0 : headLag(problem, step, one, other);
  if (worth > lead) return false;
  const isInside = problem.hasGroups && joinsGroup(problem, step);
  for (let model = 0; model < modelCount; model += 1) {
    const price = problem.warmWorth[step * modelCount + model] ?? 0;
    if (price === 0) continue;
    const ours = [one.slot[model] ?? 0, one.tokens[model] ?? 0] as const;
    const theirs = [other.slot[model] ?? 0, other.tokens[model] ?? 0] as const;
    worth += price * lag(problem, step, model, ours, theirs);
    if (isInside) {
      // The other branches of the group meet the caches as they were before it.
      const oursBefore = [one.slotBefore[model] ?? 0, one.tokensBefore[model] ?? 0] as const;
      const theirsBefore = [other.slotBefore[model] ?? 0, other.tokensBefore[model] ?? 0] as const;
      worth += price * lag(problem, step, model, oursBefore, theirsBefore);
    }
    if (worth > lead) return false;
  }
  return true;
}

/** Tokens that the one cache may have to write and the other would read. */
function lag(
  problem: Problem,
  step: number,
  model: number,
  [ourSlot, ourTokens]: readonly [number, number],
  [theirSlot, theirTokens]: readonly [number, number],
): number {
  if (hitIn(problem, step, theirSlot, model) === 0 && !problem.hasGroups) return 0;
  // An older prefix may expire first: it counts only as far as it surely lives to the end.
  const sure = isNoOlder(problem, ourSlot, theirSlot) ? 1 : hitIn(problem, problem.stepCount - 1, ourSlot, model);
  const ours = problem.hasGroups && ourSlot !== theirSlot ? 0 : ourTokens * sure;
  return theirTokens > ours ? theirTokens - ours : 0;
}

/** What fresher heads may save the other, each once. */
function headLag(problem: Problem, step: number, one: Beam, other: Beam): number {
  const { headCount, modelCount, headWorth, stepCount } = problem;
  let worth = 0;
  for (let at = 0; at < headCount * modelCount; at += 1) {
    const ours = one.headSlot[at] ?? 0;
    const theirs = other.headSlot[at] ?? 0;
    const isSame = ours === theirs && (one.headSlotBefore[at] ?? 0) === (other.headSlotBefore[at] ?? 0);
    if (problem.hasGroups ? isSame : isNoOlder(problem, ours, theirs)) continue;
    const model = at % modelCount;
    const head = (at - model) / modelCount;
    const sure = problem.hasGroups ? 0 : headHitOf(problem, stepCount - 1, head, model, ours);
    worth += (1 - sure) * (headWorth[step * headCount * modelCount + at] ?? 0);
  }
  return worth;
}

function hitIn(problem: Problem, step: number, slot: number, model: number): number {
  return problem.hit[(step * problem.slotCount + slot) * problem.modelCount + model] ?? 0;
}

/** True when a prefix last used in the one slot lives at least as long as one of the other. */
function isNoOlder(problem: Problem, one: number, other: number): boolean {
  const { longOffset } = problem;
  if (longOffset === 0) return one >= other;
  const [oneLong, otherLong] = [one >= longOffset, other >= longOffset];
  return (oneLong || !otherLong) && (oneLong ? one - longOffset : one) >= (otherLong ? other - longOffset : other);
}
