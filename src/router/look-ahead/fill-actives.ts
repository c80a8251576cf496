import type { DecisionFrame } from './decision-frame.ts';
import { SAME_TOKENS } from './fill-continue.ts';
import { SLOT_FORECAST, SLOT_LEDGER, SLOT_NOW, type Tables } from './problem.ts';

/**
 * Leaves out the models that no plan needs to bring in: at every step another one may be used as well, is no dearer whatever
 * is sent, no less likely to succeed, of the same family (or families lose nothing), holds what it would hold at least as
 * long, and leaves no longer a transcript. Only models that hold nothing are left out, and none where steps run side by side.
 *
 * Proof: put the other one in their place wherever a plan uses them. Each such call costs no more, the cache of the other is
 * only ever fresher, and every other call meets the same caches and no longer a transcript.
 */
export function fillActives(tables: Tables, frame: DecisionFrame, isWhole: boolean): void {
  const { modelCount, isActive, actives } = tables;
  isActive.fill(1);
  if (!isWhole && !tables.hasGroups) {
    for (let model = 0; model < modelCount; model += 1) {
      if (isBeaten(tables, frame, model)) isActive[model] = 0;
    }
  }
  tables.activeCount = 0;
  for (let model = 0; model < modelCount; model += 1) {
    if (isActive[model] === 0) continue;
    actives[tables.activeCount] = model;
    tables.activeCount += 1;
  }
}

function isBeaten(tables: Tables, frame: DecisionFrame, model: number): boolean {
  if (frame.warmth[model] !== undefined || mayWriteLong(tables, model)) return false;
  for (const rival of frame.pool.rivals[model] ?? []) {
    if (tables.isActive[rival] === 1 && beats(tables, frame, rival, model)) return true;
  }
  return false;
}

function beats(tables: Tables, frame: DecisionFrame, one: number, other: number): boolean {
  const { stepCount, modelCount, familyIndex } = tables;
  if (frame.drift.hasLoss && familyIndex[one] !== familyIndex[other]) return false;
  if (mayWriteLong(tables, one) || !gainsByUse(tables, frame, one, other)) return false;
  let isShorter = isMediaLighter(tables, one, other);
  if (isShorter === undefined) return false;
  for (let step = 0; step < stepCount; step += 1) {
    const [own, theirs] = [step * modelCount + one, step * modelCount + other];
    if (!isNoWorseAt(tables, own, theirs)) return false;
    isShorter ||= (tables.growth[own] ?? 0) < (tables.growth[theirs] ?? 0) - SAME_TOKENS;
  }
  if (isShorter && !isShorterCheaper(tables, frame, one, other)) return false;
  return tables.headCount === 0 || areHeadsNoWorse(tables, one, other);
}

/** Success, waiting and the transcript that is left; prices have been compared for all steps. */
function isNoWorseAt({ canContinue, aside, perDrift, growth }: Tables, one: number, other: number): boolean {
  if (canContinue[other] === 0) return true;
  if (canContinue[one] === 0) return false;
  if ((aside[one] ?? 0) > (aside[other] ?? 0) || (perDrift[one] ?? 0) > (perDrift[other] ?? 0)) return false;
  return (growth[one] ?? 0) <= (growth[other] ?? 0) + SAME_TOKENS;
}

/** Whether media weigh less with it, in reference tokens; `undefined`: they weigh more. */
function isMediaLighter({ mediaTokens, tokenRatio }: Tables, one: number, other: number): boolean | undefined {
  const own = (mediaTokens[one] ?? 0) * (tokenRatio[other] ?? 1);
  const theirs = (mediaTokens[other] ?? 0) * (tokenRatio[one] ?? 1);
  return own > theirs ? undefined : own < theirs;
}

/** A shorter prompt may be dearer where it is too short to be cached, or bills have steps. */
function isShorterCheaper(tables: Tables, { pool }: DecisionFrame, one: number, other: number): boolean {
  const least = tables.minTokens[one] ?? 0;
  const shortest = (tables.shortest[0] ?? 0) * (tables.tokenRatio[one] ?? 1) + (tables.mediaTokens[one] ?? 0);
  const isCached = least === Number.POSITIVE_INFINITY || shortest >= least;
  const hasTiers = [one, other].some((model) => (pool.rates[model]?.tiers.length ?? 0) > 0);
  return isCached && !hasTiers && !tables.hasCurves;
}

/** A use of it never makes a later one dearer, and its caches hit as often as those of a model that nothing is known of. */
function gainsByUse(tables: Tables, frame: DecisionFrame, one: number, other: number): boolean {
  if (frame.warmth[one] === undefined) return true;
  const { hit, stepCount, slotCount, modelCount } = tables;
  if ((tables.warmTokens[one] ?? 0) > (tables.shortest[0] ?? 0) * (tables.tokenRatio[one] ?? 1)) return false;
  if (insideHitOf(frame, one) < insideHitOf(frame, other)) return false;
  for (let step = 0; step < stepCount; step += 1) {
    const row = step * slotCount * modelCount;
    let before = hit[row + SLOT_LEDGER * modelCount + one] ?? 0;
    for (let slot = SLOT_NOW; slot < step + SLOT_FORECAST; slot += 1) {
      const own = hit[row + slot * modelCount + one] ?? 0;
      if (own < before || own < (hit[row + slot * modelCount + other] ?? 0)) return false;
      before = own;
    }
  }
  return true;
}

/** How often a call inside a step hits what the one before it left. */
function insideHitOf({ pool, warmth }: DecisionFrame, model: number): number {
  const rule = pool.models[model]?.cacheRule;
  if (rule === undefined || rule.kind === 'none') return 0;
  return warmth[model]?.hitRatios?.['tool-result'][0] ?? rule.priorHitRatio;
}

function mayWriteLong({ longOffset, canLong, canLongNow, stepCount, modelCount }: Tables, model: number): boolean {
  if (longOffset === 0) return false;
  if (canLongNow[model] === 1) return true;
  for (let step = 0; step < stepCount; step += 1) if (canLong[step * modelCount + model] === 1) return true;
  return false;
}

/** Fresh contexts cost no more, cold and with a warm head, and heads are cached as far and hit as often. */
function areHeadsNoWorse(tables: Tables, one: number, other: number): boolean {
  const { headCount, modelCount, stepCount, headTokens, tokenRatio, freshWidth, familyCount, fresh, freshSave } =
    tables;
  const [ratio, theirs] = [tokenRatio[one] ?? 1, tokenRatio[other] ?? 1];
  for (let head = 0; head < headCount; head += 1) {
    const own = headTokens[head * modelCount + one] ?? 0;
    if (own * theirs < (headTokens[head * modelCount + other] ?? 0) * ratio) return false;
    if (!gainsByHead(tables, head, one)) return false;
  }
  if (freshWidth === 1) return true;
  for (let step = 0; step < stepCount; step += 1) {
    const saved = (freshSave[step * freshWidth + other] ?? 0) - (freshSave[step * freshWidth + one] ?? 0);
    for (let family = 0; family < familyCount; family += 1) {
      const row = (step * familyCount + family) * freshWidth;
      const cold = fresh[row + other] ?? 0;
      if (cold === Number.POSITIVE_INFINITY) continue;
      const less = cold - (fresh[row + one] ?? 0);
      if (less < 0 || less < saved) return false;
    }
  }
  return true;
}

/** What the ledger holds of a head is worth no more than what a use leaves. */
function gainsByHead(
  { ledgerHeadHit, headCount, modelCount, stepCount, hit, slotCount }: Tables,
  head: number,
  model: number,
): boolean {
  for (let step = 0; step < stepCount; step += 1) {
    const held = ledgerHeadHit[(step * headCount + head) * modelCount + model] ?? 0;
    if (held > (hit[(step * slotCount + SLOT_NOW) * modelCount + model] ?? 0)) return false;
  }
  return true;
}
