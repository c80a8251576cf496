import type { ForecastStep } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { Ratio, Tokens } from '../../domain/time.ts';
import type { ModelRates } from '../model-rates.ts';
import { lastPromptTokens, priceStep, type StepCost, type StepShape } from '../step-cost.ts';
import { secondsOf } from '../step-terms.ts';
import type { DecisionFrame } from './decision-frame.ts';
import type { Tables } from './problem.ts';

/** The shortest and the longest that a transcript, or its growth, may be. */
export interface Range {
  readonly low: Tokens;
  readonly high: Tokens;
}

/** One forecast step while it is being priced. */
export interface Pricing {
  readonly tables: Tables;
  readonly frame: DecisionFrame;
  readonly step: ForecastStep;
  readonly at: number;
  /** The transcripts that it may meet. */
  readonly meets: Range;
  /** Price of a failure. */
  readonly gamma: number;
  /** Written over by every pricing. */
  readonly cost: StepCost;
}

/** A model that may take the step. */
export interface Taker {
  readonly index: number;
  readonly model: Model;
  readonly rates: ModelRates;
  readonly success: Ratio;
  /** Frontier penalty and peak hours. */
  readonly factor: number;
  readonly insideHitRatio: Ratio;
}

/** Failure, checks and later rungs: what a step costs beyond its first rung, and how that grows as P(success) falls. */
export interface Afterwards {
  readonly cost: number;
  readonly perDrift: number;
}

/** Cold bill of a step on a model, frontier penalty, peak hours and waiting included. */
export function coldBill({ frame, cost }: Pricing, taker: Taker, shape: StepShape): number {
  if (lastPromptTokens(shape) + shape.outputTokens > taker.model.contextTokens) return Number.POSITIVE_INFINITY;
  priceCold(taker.rates, taker, shape, cost);
  return cost.nanoUsd * taker.factor + waiting(frame, taker.model, shape);
}

/** What a step costs on a model that holds nothing, before penalties and peak hours. */
export function priceCold(rates: ModelRates, taker: Taker, shape: StepShape, cost: StepCost): number {
  const met = { warmTokens: 0, hitRatio: 0, insideHitRatio: taker.insideHitRatio };
  return priceStep(rates, shape, met, cost).nanoUsd;
}

/** The price of waiting for a step. */
export function waiting({ input }: DecisionFrame, model: Model, shape: StepShape): number {
  const tau = input.policy.waitingNanoUsdPerSecond;
  return tau === 0 ? 0 : tau * secondsOf(model, shape);
}
