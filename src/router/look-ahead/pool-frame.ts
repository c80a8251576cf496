import type { Model } from '../../domain/model.ts';
import type { HandoffDrift, QualityEstimate } from '../../domain/quality.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { STEP_MODES } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { UNKNOWN_SUCCESS } from '../candidates.ts';
import { driftRatio } from '../drift.ts';
import { longRatesOf, ratesOf, type ModelRates } from '../model-rates.ts';
import { rejectAlways } from '../policy-limits.ts';
import { rivalsIn } from '../pool-rivals.ts';
import type { Tables } from './problem.ts';

/** What the look-ahead needs of a pool under a policy, whatever the session: looked up once, then remembered. */
export interface PoolFrame {
  /** Those that the policy lets take any step at all. */
  readonly models: readonly Model[];
  readonly families: readonly string[];
  /** One more than families: the last one stands for "nothing written yet". */
  readonly familyCount: number;
  readonly familyIndex: Int32Array;
  readonly tokenRatio: Float64Array;
  /** Shorter prompts leave nothing warm. */
  readonly minTokens: Float64Array;
  /** [m] what a bill is multiplied by for being a frontier model's. */
  readonly penalty: Float64Array;
  readonly rates: readonly ModelRates[];
  readonly longRates: readonly (ModelRates | undefined)[];
  /** [m] the models that are no worse than it in what does not depend on the step. */
  readonly rivals: readonly (readonly number[])[];
  readonly drifts: WeakMap<readonly HandoffDrift[], DriftTable>;
  /** [m] P(success) by the estimates that say it: the steps of a forecast share them, and decisions share forecasts. */
  readonly successes: WeakMap<readonly QualityEstimate[], Float64Array>;
  /** Tables of problems that were solved, by their number of steps, to be filled again. */
  readonly spare: Map<number, Tables[]>;
}

/** What is lost when a model continues after a family, or starts afresh beside it. */
export interface DriftTable {
  /** [(mode·F + f)·M + m], modes in the order of `STEP_MODES`. */
  readonly loss: Float64Array;
  /** [f·M + m] drift of continuing. */
  readonly continueDrift: Float64Array;
  readonly hasDrift: boolean;
  /** In any mode. */
  readonly hasLoss: boolean;
}

const known = new WeakMap<readonly Model[], WeakMap<RouterPolicy, Map<string, PoolFrame>>>();
const NO_OUTSIDE_FAMILY = '';
const NO_ROWS: readonly HandoffDrift[] = [];

/** @param incumbent family of the model that wrote last, which may be barred from every further step */
export function poolFrameOf(pool: readonly Model[], policy: RouterPolicy, incumbent: string | undefined): PoolFrame {
  let ofPool = known.get(pool);
  if (ofPool === undefined) known.set(pool, (ofPool = new WeakMap()));
  let frames = ofPool.get(policy);
  if (frames === undefined) ofPool.set(policy, (frames = new Map()));
  const own = frames.get(NO_OUTSIDE_FAMILY) ?? remember(frames, NO_OUTSIDE_FAMILY, makeFrame(pool, policy, undefined));
  if (incumbent === undefined || own.families.includes(incumbent)) return own;
  const key = `+${incumbent}`;
  return frames.get(key) ?? remember(frames, key, makeFrame(pool, policy, incumbent));
}

function remember(frames: Map<string, PoolFrame>, key: string, frame: PoolFrame): PoolFrame {
  frames.set(key, frame);
  return frame;
}

function makeFrame(pool: readonly Model[], policy: RouterPolicy, outsideFamily: string | undefined): PoolFrame {
  const models = pool.filter((model) => rejectAlways(policy, model) === undefined);
  const own = [...new Set(models.map((model) => model.family))];
  const families = outsideFamily === undefined ? own : [...own, outsideFamily];
  const rates = models.map(ratesOf);
  const rivals = rivalsIn(pool);
  return {
    models,
    families,
    familyCount: families.length + 1,
    familyIndex: Int32Array.from(models, (model) => families.indexOf(model.family)),
    tokenRatio: Float64Array.from(models, (model) => model.tokenRatio),
    minTokens: Float64Array.from(rates, (one) => one.minTokens),
    penalty: Float64Array.from(models, (model) => (model.frontier ? 1 + policy.frontierPenaltyRatio : 1)),
    rates,
    longRates: models.map(longRatesOf),
    rivals: models.map((model) => (rivals.get(model) ?? []).map((one) => models.indexOf(one)).filter((at) => at >= 0)),
    drifts: new WeakMap(),
    successes: new WeakMap(),
    spare: new Map(),
  };
}

/** [m] what these estimates say of each model; of two rows for one the first. */
export function successesOf(frame: PoolFrame, estimates: readonly QualityEstimate[]): ArrayLike<Ratio> {
  let own = frame.successes.get(estimates);
  if (own === undefined) {
    const ratioOf = new Map<string, Ratio>();
    for (const { model, successRatio } of estimates) if (!ratioOf.has(model)) ratioOf.set(model, successRatio);
    own = Float64Array.from(frame.models, ({ id }) => ratioOf.get(id) ?? UNKNOWN_SUCCESS);
    frame.successes.set(estimates, own);
  }
  return own;
}

/** The drift between all families and models of a pool under these rows. */
export function driftTableOf(frame: PoolFrame, rows: readonly HandoffDrift[]): DriftTable {
  const key = rows.length === 0 ? NO_ROWS : rows;
  const remembered = frame.drifts.get(key);
  if (remembered !== undefined) return remembered;
  const { models, families, familyCount } = frame;
  const width = familyCount * models.length;
  const loss = new Float64Array(STEP_MODES.length * width);
  for (const [mode, name] of STEP_MODES.entries()) {
    for (let family = 0; family < familyCount; family += 1) {
      for (const [model, { family: to }] of models.entries()) {
        loss[mode * width + family * models.length + model] = driftRatio(rows, families[family], to, name);
      }
    }
  }
  const from = STEP_MODES.indexOf('continue') * width;
  const continueDrift = loss.subarray(from, from + width);
  const table = {
    loss,
    continueDrift,
    hasDrift: continueDrift.some((one) => one !== 0),
    hasLoss: loss.some((one) => one !== 0),
  };
  frame.drifts.set(key, table);
  return table;
}
