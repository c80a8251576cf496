import type { DecisionFrame } from './decision-frame.ts';
import type { HeadTables } from './head-tables.ts';
import { NumberRoom } from './number-room.ts';
import { ENTRANT_COUNT, SLOT_FORECAST, type Tables } from './problem.ts';

/** Tables of longer plans are made anew: few decisions have them, and they are large. */
const MAX_SPARE_STEPS = 8;
/** A session without a plan has two futures. */
const MAX_SPARE_COUNT = 2;

/** Empty tables for so many steps: those of an earlier problem of the same size where there are some. */
export function takeTables(frame: DecisionFrame, heads: HeadTables, stepCount: number): Tables {
  const { spare } = frame.pool;
  const mayWriteLong = frame.input.mayWriteLong === true;
  const freshWidth = heads.headCount > 0 ? frame.pool.models.length : 1;
  const left = spare.get(stepCount)?.pop();
  const fits = left !== undefined && left.mayWriteLong === mayWriteLong && left.freshWidth === freshWidth;
  if (!fits) return makeTables(frame, heads, stepCount);
  left.room.clear();
  return Object.assign(left, heads, settingOf(frame));
}

/** Gives the tables of a problem back to its pool. Nobody may look at the problem after that. */
export function giveBack({ pool }: DecisionFrame, tables: Tables): void {
  if (tables.stepCount > MAX_SPARE_STEPS) return;
  const kept = pool.spare.get(tables.stepCount);
  if (kept === undefined) pool.spare.set(tables.stepCount, [tables]);
  else if (kept.length < MAX_SPARE_COUNT) kept.push(tables);
}

type TableSetting = Pick<
  Tables,
  | 'incumbentFamily'
  | 'continueDrift'
  | 'hasDrift'
  | 'hasCurves'
  | 'mayStall'
  | 'mediaTokens'
  | 'warmTokens'
  | 'longOffset'
  | 'currentGroup'
  | 'hasGroups'
>;

function settingOf({ incumbentFamily, drift, mediaTokens, warmTokens, input }: DecisionFrame): TableSetting {
  return {
    incumbentFamily,
    continueDrift: drift.continueDrift,
    hasDrift: drift.hasDrift,
    hasCurves: false,
    mayStall: false,
    mediaTokens,
    warmTokens,
    longOffset: 0,
    currentGroup: input.step.parallelGroup === undefined ? -1 : 0,
    hasGroups: false,
  };
}

function makeTables(frame: DecisionFrame, heads: HeadTables, n: number): Tables {
  const { models, familyCount, familyIndex, tokenRatio, minTokens } = frame.pool;
  const m = models.length;
  const freshWidth = heads.headCount > 0 ? m : 1;
  const mayWriteLong = frame.input.mayWriteLong === true;
  const slotCount = n + SLOT_FORECAST;
  const room = new NumberRoom();
  const ofLong = mayWriteLong ? n * m : 0;
  return {
    ...heads,
    ...settingOf(frame),
    room,
    mayWriteLong,
    stepCount: n,
    modelCount: m,
    familyCount,
    models,
    familyIndex,
    tokenRatio,
    minTokens,
    canContinue: room.flags(n * m),
    fixed: room.floats(n * m),
    perToken: room.floats(n * m),
    perWarm: room.floats(n * m),
    isCurved: room.flags(n * m),
    aside: room.floats(n * m),
    perDrift: room.floats(n * m),
    hit: room.floats(n * slotCount * m * (mayWriteLong ? 2 : 1)),
    slotCount,
    canLong: room.flags(n * m),
    canLongNow: room.flags(m),
    longFixed: room.floats(ofLong),
    longPerToken: room.floats(ofLong),
    longPerWarm: room.floats(ofLong),
    instruction: room.floats(n),
    growth: room.floats(n * m),
    promptGrowth: room.floats(n * m),
    freshGrowth: room.floats(n),
    freshWidth,
    fresh: room.floats(n * familyCount * freshWidth),
    freshSave: room.floats(n * freshWidth),
    actives: new Int32Array(m),
    activeCount: m,
    isActive: room.flags(m),
    isOpen: room.flags(n),
    floor: room.floats(n + 1),
    leastContinued: room.floats(n * m),
    leastFresh: room.floats(n),
    entrant: new Int32Array((n + 1) * ENTRANT_COUNT),
    entryNanoUsd: room.floats((n + 1) * ENTRANT_COUNT),
    curveWarm: room.floats(n * m),
    curveCold: room.floats(n * m),
    entry: room.floats((n + 1) * m),
    warmWorth: room.floats((n + 1) * m),
    warmCap: room.floats((n + 1) * m),
    group: new Int32Array(n),
    startsAt: room.floats(n),
    endsAt: room.floats(n),
    shortest: room.floats(n),
    runWorth: room.floats((n + 1) * m),
    curvedBill: () => Number.NaN,
  };
}
