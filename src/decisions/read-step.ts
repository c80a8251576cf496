import type { Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { withBeliefs } from '../learn/beliefs/apply-beliefs.ts';
import { NO_BELIEFS, type Beliefs } from '../learn/beliefs/beliefs.ts';
import { agreedNeed } from '../predict/joint-need.ts';
import type { Predictor, StepForecaster } from '../predict/predictor.ts';
import { graverRisk, NO_RISK, type RiskReader, type RiskReading } from '../predict/risk-reader.ts';
import type { StepFeatures } from '../predict/step-features.ts';
import type { StepFuture, StepReading } from './step-to-decide.ts';
import { unplannedFuture } from './unplanned-future.ts';

/** What steps are read with: the predictor, corrected by what records have taught. */
export interface StepReaders {
  readonly predictor: Predictor;
  readonly beliefs: Beliefs;
}

/** @param beliefs `undefined`: nothing is learned here, and the predictor speaks for itself */
export function stepReaders(predictor: Predictor, beliefs: Beliefs | undefined): StepReaders {
  if (beliefs === undefined) return { predictor, beliefs: NO_BELIEFS };
  return { predictor: withBeliefs(predictor, beliefs), beliefs };
}

/** What a step of these features needs of the models: the one place where features become the numbers that are decided with. */
export async function readStep(
  { predictor, beliefs }: StepReaders,
  features: StepFeatures,
  models: readonly Model[],
): Promise<StepReading> {
  const { estimates } = await predictor.quality(features, models);
  const reading = { size: predictor.size(features), quality: estimates, drift: beliefs.drift };
  return features.need === undefined ? reading : { ...reading, need: agreedNeed(features.need) };
}

/** What may follow a step of a session without a plan. */
export function readFuture(
  forecaster: StepForecaster,
  features: StepFeatures,
  reading: StepReading,
  models: readonly Model[],
): StepFuture {
  const step = { kind: features.kind, size: reading.size };
  return unplannedFuture(step, reading.quality, forecaster.remaining(features, models), forecaster.sameRatio);
}

/** What words carry, read where the policy is careful with risks and somebody can read them; a session keeps its gravest. */
export function readRiskOf(
  policy: RouterPolicy,
  read: RiskReader | undefined,
  text: string | undefined,
  before: RiskReading = NO_RISK,
): RiskReading {
  if (policy.risk === undefined || read === undefined) return NO_RISK;
  return text === undefined ? before : graverRisk(before, read(text));
}
