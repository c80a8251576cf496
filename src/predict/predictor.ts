import type { ForecastStep, StepSize } from '../domain/forecast.ts';
import type { Model } from '../domain/model.ts';
import type { FailurePrices } from '../domain/need.ts';
import type { QualityEstimate } from '../domain/quality.ts';
import type { Ratio } from '../domain/time.ts';
import type { StepFeatures } from './features/step-features.ts';

/** What a step needs. The answer is a value in every case: an unavailable predictor says why and the prior is used. */
export interface Predictor {
  /** Name and version of the artifact, kept in every record. */
  readonly version: string;
  /** @param prices what failing costs: a step that may be several things is judged by those that matter. Absent: all kinds alike */
  quality(features: StepFeatures, models: readonly Model[], prices?: FailurePrices): Promise<QualityPrediction>;
  /** Expected size of a step of these features. */
  size(features: StepFeatures, prices?: FailurePrices): StepSize;
}

export type QualityPrediction =
  | { readonly kind: 'scored'; readonly estimates: readonly QualityEstimate[] }
  | { readonly kind: 'unavailable'; readonly cause: string; readonly estimates: readonly QualityEstimate[] };

/** Forecasts the steps that may still come in a session without a plan. */
export interface StepForecaster {
  /** P(more of the same) against what `remaining` says: how often each was right, counted. */
  readonly sameRatio: Ratio;
  remaining(features: StepFeatures, models: readonly Model[]): readonly ForecastStep[];
}
