import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import type { HeadTables } from './head-tables.ts';
import type { NumberRoom } from './number-room.ts';

/** When a model was last used: what the ledger says, the step being decided, or a forecast step plus this. */
export const SLOT_LEDGER = 0;
export const SLOT_NOW = 1;
export const SLOT_FORECAST = 2;

/**
 * The steps to come as flat tables, so that a search touches numbers only. Index `j` is a forecast step, `m` a model of
 * `models`, `f` a family (the last one stands for "nothing written yet"). Amounts are nano-USD, already multiplied by the
 * step's probability, the frontier penalty and peak hours; tokens of warm prefixes are the model's own, transcripts are
 * in reference tokens.
 */
export interface Problem extends HeadTables {
  readonly stepCount: number;
  readonly modelCount: number;
  readonly familyCount: number;
  readonly models: readonly Model[];
  readonly familyIndex: Int32Array;
  readonly incumbentFamily: number;
  readonly tokenRatio: Float64Array;
  /** [m] what the media of the shared transcript weigh. */
  readonly mediaTokens: Float64Array;
  /** Shorter prompts leave nothing warm. */
  readonly minTokens: Float64Array;
  /** [j·M + m] 1 where the model may continue the shared transcript. */
  readonly canContinue: Uint8Array;
  /** Bill of continuing from transcript T with L tokens that hit with probability h: fixed + perToken·T − perWarm·h·L. */
  readonly fixed: Float64Array;
  readonly perToken: Float64Array;
  readonly perWarm: Float64Array;
  /** [j·M + m] 1 where the bill is not linear over the transcripts that may occur. */
  readonly isCurved: Uint8Array;
  /** What does not depend on caches: failure, latency, later rungs. Already inside `fixed`. */
  readonly aside: Float64Array;
  /** [j·M + m] cost of losing all of P(success): drift is multiplied by it. */
  readonly perDrift: Float64Array;
  /** [f·M + m] drift of continuing. */
  readonly continueDrift: Float64Array;
  /** [(j·slots + slot)·M + m] P(hit) of a prefix last used in that slot; 0 past its time to live. */
  readonly hit: Float64Array;
  readonly slotCount: number;
  /** A prefix written for an hour is in the slot that lies this much further; 0 where no step may gain by that. */
  readonly longOffset: number;
  /** [j·M + m] and [m], for the present step: 1 where the long class outlives a pause that the default one does not. */
  readonly canLong: Uint8Array;
  readonly canLongNow: Uint8Array;
  /** `fixed`, `perToken`, `perWarm` of continuing with writes of the long class. Empty without `longOffset`. */
  readonly longFixed: Float64Array;
  readonly longPerToken: Float64Array;
  readonly longPerWarm: Float64Array;
  /** [j] instruction, [j·M + m] transcript growth and prompt growth of continuing; [j] what a fresh step leaves. */
  readonly instruction: Float64Array;
  readonly growth: Float64Array;
  readonly promptGrowth: Float64Array;
  readonly freshGrowth: Float64Array;
  /** Fresh contexts that are told apart at each step: one per model where heads are tracked, else the cheapest alone. */
  readonly freshWidth: number;
  /** [(j·F + f)·W + i] cold bill of a fresh context; infinite where none is allowed. */
  readonly fresh: Float64Array;
  /** [j·W + i] what a warm head saves of it. */
  readonly freshSave: Float64Array;
  /** The models that a plan may bring in: the others are never better than one of these, unless they hold something. */
  readonly actives: Int32Array;
  readonly activeCount: number;
  /** [m] 1 for those. */
  readonly isActive: Uint8Array;
  /** [j] 1 where some model may take the step in some mode. */
  readonly isOpen: Uint8Array;
  /** [j] least that steps j… can cost together. */
  readonly floor: Float64Array;
  /** [j·M + m] least that continuing can cost, everything warm; infinite where it is not allowed. [j] the same of fresh contexts. */
  readonly leastContinued: Float64Array;
  readonly leastFresh: Float64Array;
  /**
   * [j·E + i] the models whose first use at steps j… costs least beyond those steps' floors, and by how much, ascending;
   * −1 and infinite where there are fewer.
   */
  readonly entrant: Int32Array;
  readonly entryNanoUsd: Float64Array;
  /** [j·M + m] the most that one warm token can save at steps j… before its model has caught up. */
  readonly warmWorth: Float64Array;
  /** [j·M + m] what a warm transcript can save in all at steps j…, given that a fresh context is the alternative. */
  readonly warmCap: Float64Array;
  /** [j] parallel group, −1 for none; the same for the step being decided. */
  readonly group: Int32Array;
  readonly currentGroup: number;
  readonly hasGroups: boolean;
  readonly hasDrift: boolean;
  /** True where some bill is not linear in the transcript: a shorter one may then be dearer. */
  readonly hasCurves: boolean;
  /** True where a transcript may grow too long for a step that a shorter one allows. */
  readonly mayStall: boolean;
  readonly warmTokens: Float64Array;
  /** Bill of a curved step, from scratch. */
  readonly curvedBill: (step: number, model: number, transcript: Tokens, read: Tokens, isLong: boolean) => number;
}

/** Models kept in `entrant` at each step: one more than a path usually has in use. */
export const ENTRANT_COUNT = 4;

/** Where the present step may leave the shared transcript: the range of its length. */
export interface Departure {
  readonly minTranscript: Tokens;
  readonly maxTranscript: Tokens;
}

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
