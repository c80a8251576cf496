import type { DecideInput } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import type { At } from '../../domain/time.ts';
import { type Warmth } from '../../domain/warmth.ts';
import { BUCKET_COUNT } from '../../warmth/hit-counts.ts';
import { familyOf } from '../candidates.ts';
import { mediaIn } from '../step-cost.ts';
import { NumberRoom } from './number-room.ts';
import { driftTableOf, poolFrameOf, type DriftTable, type PoolFrame } from './pool-frame.ts';

/** What all futures of one decision share: the pool, its caches and its drift. Indices are those of `pool.models`. */
export interface DecisionFrame {
  readonly input: DecideInput;
  readonly pool: PoolFrame;
  readonly drift: DriftTable;
  readonly incumbentFamily: number;
  readonly warmth: readonly (Warmth | undefined)[];
  /** [m] what the media of the shared transcript weigh. */
  readonly mediaTokens: Float64Array;
  /** [m] */
  readonly warmTokens: Float64Array;
  /** When the step being decided ends. */
  readonly presentEnd: At;
  /** [m] what the ledger says, where it has a row of the model. */
  readonly usedAt: Float64Array;
  readonly ledgerTtlMs: Float64Array;
  /** [m] of prefixes that are written from now on. */
  readonly ttlMs: Float64Array;
  readonly longTtlMs: Float64Array;
  /** [bucket·M + m] P(hit) of a prefix that has been idle for so long and is alive. */
  readonly hitByIdle: Float64Array;
}

/** @param pool sorted by id */
export function decisionFrameOf(input: DecideInput, pool: readonly Model[]): DecisionFrame {
  const incumbent = familyOf(pool, input.session.incumbent);
  const own = poolFrameOf(pool, input.policy, incumbent);
  const count = own.models.length;
  const room = new NumberRoom((BUCKET_COUNT + 6) * count * Float64Array.BYTES_PER_ELEMENT);
  const frame = {
    input,
    pool: own,
    drift: driftTableOf(own, input.drift),
    incumbentFamily: incumbent === undefined ? own.familyCount - 1 : own.families.indexOf(incumbent),
    warmth: own.models.map((model) => rowOf(input.warmth, model)),
    mediaTokens: room.floats(count),
    warmTokens: room.floats(count),
    presentEnd: input.now + Math.max(0, input.step.size.callCount - 1) * input.step.callGapMs,
    usedAt: room.floats(count),
    ledgerTtlMs: room.floats(count),
    ttlMs: room.floats(count),
    longTtlMs: room.floats(count),
    hitByIdle: room.floats(BUCKET_COUNT * count),
  };
  for (let model = 0; model < count; model += 1) fillModel(frame, model);
  return frame;
}

function rowOf(rows: readonly Warmth[], model: Model): Warmth | undefined {
  for (const row of rows) if (row.model === model.id) return row;
  return undefined;
}

function fillModel(frame: DecisionFrame, model: number): void {
  const row = frame.warmth[model];
  frame.warmTokens[model] = row?.warmTokens ?? 0;
  const own = frame.pool.models[model];
  frame.mediaTokens[model] = own === undefined ? 0 : mediaIn(frame.input.session, own);
  frame.usedAt[model] = row?.lastUsedAt ?? 0;
  const rule = own?.cacheRule;
  if (rule === undefined || rule.kind === 'none') return;
  frame.ttlMs[model] = rule.ttlMs;
  frame.longTtlMs[model] = rule.longTtlMs ?? rule.ttlMs;
  frame.ledgerTtlMs[model] = row?.ttlMs ?? rule.ttlMs;
  const ratios = row?.hitRatios?.[frame.input.step.trigger];
  const usual = row?.hitRatio ?? rule.priorHitRatio;
  const { length } = frame.pool.models;
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
    frame.hitByIdle[bucket * length + model] = ratios?.[bucket] ?? usual;
  }
}
