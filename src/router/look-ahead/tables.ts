import type { DecisionFrame } from './decision-frame.ts';
import type { HeadTables } from './head-tables.ts';
import { NumberRoom } from './number-room.ts';
import { ENTRANT_COUNT, SLOT_FORECAST, type Problem } from './problem.ts';

/** A problem while it is being filled, with what only the filling needs. */
export interface Tables extends Mutable<Problem> {
  readonly room: NumberRoom;
  readonly mayWriteLong: boolean;
  /** [j] when a step starts and ends. */
  readonly startsAt: Float64Array;
  readonly endsAt: Float64Array;
  /** [j] the shortest transcript that a step may meet. */
  readonly shortest: Float64Array;
  /** [j·M + m] least that a curved bill can be, caches aside: everything warm, and nothing. */
  readonly curveWarm: Float64Array;
  readonly curveCold: Float64Array;
  /** [j·M + m] least by which a first use at steps j… exceeds those steps' floors. */
  readonly entry: Float64Array;
  /** [j·M + m] what one warm token can save at step j and the later ones of its parallel group. */
  readonly runWorth: Float64Array;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Tables of longer plans are made anew: few decisions have them, and they are large. */
const MAX_SPARE_STEPS = 8;

/** Empty tables for so many steps: those of an earlier problem of the same size where there are some. */
export function takeTables(frame: DecisionFrame, heads: HeadTables, stepCount: number): Tables {
  const { spare } = frame.pool;
  const mayWriteLong = frame.input.mayWriteLong === true;
  const freshWidth = heads.headCount > 0 ? frame.pool.models.length : 1;
  const left = spare.get(stepCount);
  const fits = left !== undefined && left.mayWriteLong === mayWriteLong && left.freshWidth === freshWidth;
  if (!fits) return makeTables(frame, heads, stepCount);
  spare.delete(stepCount);
  left.room.clear();
  return Object.assign(left, heads, settingOf(frame));
}

/** Gives the tables of a problem back to its pool. Nobody may look at the problem after that. */
export function giveBack({ pool }: DecisionFrame, tables: Tables): void {
  if (tables.stepCount <= MAX_SPARE_STEPS) pool.spare.set(tables.stepCount, tables);
}

type Setting = Pick<
  Tables,
  | 'incumbentFamily'
  | 'continueDrift'
  | 'hasDrift'
  | 'hasCurves'
  | 'mediaTokens'
  | 'warmTokens'
  | 'longOffset'
  | 'currentGroup'
  | 'hasGroups'
>;

function settingOf({ incumbentFamily, drift, mediaTokens, warmTokens, input }: DecisionFrame): Setting {
  return {
    incumbentFamily,
    continueDrift: drift.continueDrift,
    hasDrift: drift.hasDrift,
    hasCurves: false,
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
