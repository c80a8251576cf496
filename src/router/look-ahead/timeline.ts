import type { ForecastStep } from '../../domain/forecast.ts';
import type { At, Ms } from '../../domain/time.ts';
import { idleBucketOf } from '../../domain/warmth.ts';
import { heldHead } from '../prompt-head.ts';
import type { DecisionFrame } from './decision-frame.ts';
import { SLOT_FORECAST, type Tables } from './problem.ts';

/** Numbers the runs of neighbours that share a parallel group; the run of the step being decided is 0. */
export function numberGroups(tables: Tables, present: number | undefined, steps: readonly ForecastStep[]): void {
  let previous = present;
  let run = 0;
  tables.currentGroup = present === undefined ? -1 : 0;
  tables.hasGroups = false;
  for (const [at, { parallelGroup }] of steps.entries()) {
    if (parallelGroup !== previous) run += 1;
    previous = parallelGroup;
    tables.group[at] = parallelGroup === undefined ? -1 : run;
    if (parallelGroup !== undefined) tables.hasGroups = true;
  }
}

/** Steps follow each other; steps of one parallel group start together. */
export function placeInTime(tables: Tables, frame: DecisionFrame, steps: readonly ForecastStep[]): void {
  const { startsAt, endsAt } = tables;
  let clock = frame.presentEnd;
  let previous = frame.input.step.parallelGroup;
  let before = frame.input.now;
  for (const [at, step] of steps.entries()) {
    const joins = step.parallelGroup !== undefined && step.parallelGroup === previous;
    const start = joins ? before : clock + step.gapMs;
    const end = start + Math.max(0, step.size.callCount - 1) * step.callGapMs;
    startsAt[at] = start;
    endsAt[at] = end;
    clock = Math.max(clock, end);
    previous = step.parallelGroup;
    before = start;
  }
}

/** Where a prefix that a step leaves would be gone, but for the long class, when a later step begins. */
export function findLongGaps(tables: Tables, frame: DecisionFrame): void {
  const { models, longRates } = frame.pool;
  const { stepCount, modelCount, canLong, canLongNow, startsAt, endsAt } = tables;
  tables.slotCount = stepCount + SLOT_FORECAST;
  tables.longOffset = 0;
  if (frame.input.mayWriteLong !== true) return;
  let isAny = false;
  for (const [model, { cacheRule: rule }] of models.entries()) {
    if (longRates[model] === undefined || rule.kind === 'none' || rule.longTtlMs === undefined) continue;
    const { ttlMs, longTtlMs } = rule;
    const outlives = (endAt: At, from: number): boolean =>
      startsAt.subarray(from).some((start) => start - endAt > ttlMs && start - endAt <= longTtlMs);
    if (outlives(frame.presentEnd, 0)) isAny = (canLongNow[model] = 1) === 1;
    for (let step = 0; step < stepCount; step += 1) {
      if (outlives(endsAt[step] ?? 0, step + 1)) isAny = (canLong[step * modelCount + model] = 1) === 1;
    }
  }
  if (!isAny) return;
  tables.longOffset = tables.slotCount;
  tables.slotCount *= 2;
}

/** How likely each step hits what each earlier one, or the ledger, left on a model. */
export function fillHits(tables: Tables, frame: DecisionFrame): void {
  const { stepCount, slotCount, modelCount, group, currentGroup, startsAt, endsAt } = tables;
  for (let step = 0; step < stepCount; step += 1) {
    const start = startsAt[step] ?? 0;
    const own = group[step] ?? -1;
    const row = step * slotCount * modelCount;
    fillLedgerHits(tables, frame, row, start);
    for (let slot = 1; slot < step + SLOT_FORECAST; slot += 1) {
      const isNow = slot < SLOT_FORECAST;
      // Branches of a group start together: none finds what another one leaves.
      if (own !== -1 && own === (isNow ? currentGroup : (group[slot - SLOT_FORECAST] ?? -1))) continue;
      const idleMs = start - (isNow ? frame.presentEnd : (endsAt[slot - SLOT_FORECAST] ?? start));
      fillSlotHits(tables, frame, row + slot * modelCount, idleMs);
    }
    if (tables.headCount > 0) fillLedgerHeads(tables, frame, step, start);
  }
}

function fillLedgerHits({ hit, modelCount }: Tables, frame: DecisionFrame, row: number, start: At): void {
  const { usedAt, ledgerTtlMs, hitByIdle, warmth } = frame;
  for (let model = 0; model < modelCount; model += 1) {
    const idleMs = start - (warmth[model] === undefined ? start : (usedAt[model] ?? 0));
    if (idleMs > (ledgerTtlMs[model] ?? 0)) continue;
    hit[row + model] = hitByIdle[bucketOf(idleMs) * modelCount + model] ?? 0;
  }
}

function fillSlotHits({ hit, modelCount, longOffset }: Tables, frame: DecisionFrame, row: number, idleMs: Ms): void {
  const { ttlMs, longTtlMs, hitByIdle } = frame;
  const from = bucketOf(idleMs) * modelCount;
  for (let model = 0; model < modelCount; model += 1) {
    const ratio = hitByIdle[from + model] ?? 0;
    if (!(idleMs > (ttlMs[model] ?? 0))) hit[row + model] = ratio;
    if (longOffset > 0 && !(idleMs > (longTtlMs[model] ?? 0))) hit[row + longOffset * modelCount + model] = ratio;
  }
}

function bucketOf(idleMs: Ms): number {
  return idleBucketOf(Math.max(0, idleMs));
}

/** A head that the ledger holds less of than it has by now counts for its share. */
function fillLedgerHeads(tables: Tables, frame: DecisionFrame, step: number, start: At): void {
  const { heads, headCount, modelCount, headTokens, ledgerHeadHit } = tables;
  const { warmth, input } = frame;
  for (const [head, which] of heads.entries()) {
    for (let model = 0; model < modelCount; model += 1) {
      const tokens = headTokens[head * modelCount + model] ?? 0;
      const held = heldHead(warmth[model], which);
      if (tokens <= 0 || held === undefined || start - held.lastUsedAt > held.ttlMs) continue;
      const row = warmth[model]?.hitRatios?.[input.step.trigger];
      const ratio = row?.[bucketOf(start - held.lastUsedAt)] ?? held.hitRatio;
      ledgerHeadHit[(step * headCount + head) * modelCount + model] = ratio * Math.min(1, held.warmTokens / tokens);
    }
  }
}
