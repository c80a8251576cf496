import type { StepSize } from '../domain/forecast.ts';
import { eachModelOnce, forEachHost, type Model } from '../domain/model.ts';
import { failurePricesOf, likeliestOf } from '../domain/need.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { Tokens } from '../domain/time.ts';
import { withBeliefs, type Tenant } from '../learn/beliefs/apply-beliefs.ts';
import { NO_BELIEFS, type Beliefs } from '../learn/beliefs/beliefs.ts';
import type { StepFeatures } from '../predict/features/step-features.ts';
import type { PlannedStep } from '../predict/forecast/planned-forecast.ts';
import { expectStretch, type TurnsSoFar } from '../predict/forecast/stretches.ts';
import { agreedNeed } from '../predict/joint-need.ts';
import type { DeclaredNeed, NeedReader } from '../predict/need/need-reader.ts';
import { withTools } from '../predict/need/tool-need.ts';
import type { Predictor, StepForecaster } from '../predict/predictor.ts';
import { graverRisk, NO_RISK, type RiskReader, type RiskReading } from '../predict/risk-reader.ts';
import { shippedStretches } from '../predict/shipped-stretches.ts';
import { stepAsker, type ReadingContext } from './ask-model.ts';
import { isUnread, restOfSession, roomTokens } from './rest-of-session.ts';
import type { StepFuture, StepReading } from './step-to-decide.ts';
import { unplannedFuture } from './unplanned-future.ts';

/** What steps are read with: the predictor, corrected by what records have taught. */
export interface StepReaders {
  readonly predictor: Predictor;
  readonly beliefs: Beliefs;
  /** Absent: a step is what its door says, and nothing of it is read. */
  readonly needs?: NeedReader | undefined;
}

/**
 * @param beliefs `undefined`: nothing is learned here, and the predictor speaks for itself
 * @param tenant whose steps they are, where callers are told apart
 */
export function stepReaders(
  predictor: Predictor,
  beliefs: Beliefs | undefined,
  needs: NeedReader | undefined,
  tenant?: Tenant,
): StepReaders {
  if (beliefs === undefined) return { predictor: oncePerModel(predictor), beliefs: NO_BELIEFS, needs };
  return { predictor: oncePerModel(withBeliefs(predictor, beliefs, tenant)), beliefs, needs };
}

/** What a model can do, and what was learned of it, holds at every host of it: it is asked about once, under its own id. */
function oncePerModel(predictor: Predictor): Predictor {
  return {
    get version() {
      return predictor.version;
    },
    size: (features, prices) => predictor.size(features, prices),
    quality: async (features, models, prices) => {
      const predicted = await predictor.quality(features, eachModelOnce(models), prices);
      return { ...predicted, estimates: forEachHost(predicted.estimates, models) };
    },
  };
}

/**
 * Features with what their step needs, read once, where somebody can read it; its kind is the likeliest one.
 * @param asking how a model may be asked of the step, where the policy wants one asked
 */
export async function readNeed(
  { needs }: Pick<StepReaders, 'needs'>,
  features: StepFeatures,
  asking?: ReadingContext,
): Promise<StepFeatures> {
  if (needs === undefined || features.need !== undefined || features.toRead === undefined) return features;
  const { toRead } = features;
  const need = withTools(await needs.read(toRead, asking && stepAsker(asking)), toRead.tools ?? []);
  const { value, ratio } = likeliestOf(need, 'kind');
  return { ...features, need, kind: value, kindConfidenceRatio: ratio };
}

/** A planned step with what it needs: what the plan declares, its kind always, and the rest read from its words. */
export async function readPlanned(
  { needs }: Pick<StepReaders, 'needs'>,
  step: PlannedStep,
  { declared, asking }: { readonly declared: DeclaredNeed; readonly asking: ReadingContext | undefined },
): Promise<PlannedStep> {
  if (needs === undefined) return step;
  const need = await needs.read(
    { text: step.text, before: [], origin: 'agent', declared: { ...declared, kind: step.kind } },
    asking && stepAsker(asking),
  );
  return { ...step, need: withTools(need, step.requirements.toolNames) };
}

/** What a step of these features needs of the models: the one place where features become the numbers that are decided with. */
export async function readStep(
  { predictor, beliefs }: StepReaders,
  features: StepFeatures,
  { models, policy }: { readonly models: readonly Model[]; readonly policy: RouterPolicy },
): Promise<StepReading> {
  const prices = failurePricesOf(policy);
  const judged = policy.textGates === 'shut' ? { ...features, text: '' } : features;
  const { estimates } = await predictor.quality(judged, models, prices);
  const reading = { size: predictor.size(features, prices), quality: estimates, drift: beliefs.drift };
  return features.need === undefined ? reading : { ...reading, need: agreedNeed(features.need) };
}

/** What a door knows of a thread whose step it reads. */
export interface ThreadView {
  readonly models: readonly Model[];
  readonly transcriptTokens: Tokens;
  /** With the call at hand counted. */
  readonly turns: TurnsSoFar;
}

/**
 * A step of a session without a plan, and what may follow it: so much as is usually left of a session that has come this far. A step whose
 * words were read is as big as they say, and the turns after it follow. Where nobody could tell what it is for, what follows is more of it.
 */
export function readFuture(
  forecaster: StepForecaster,
  features: StepFeatures,
  reading: StepReading,
  { models, turns, transcriptTokens }: ThreadView,
): { readonly size: StepSize; readonly future: StepFuture } {
  const { size, quality } = reading;
  const { kind, need } = features;
  const table = shippedStretches();
  const rest = restOfSession({
    table,
    expected: expectStretch(table, turns, transcriptTokens),
    size,
    kind,
    quality,
    roomTokens: roomTokens(models, transcriptTokens),
    isWholeTurn: need !== undefined,
  });
  if (isUnread(features)) return { size: need === undefined ? rest.size : size, future: { forecast: rest.forecast } };
  const usual = forecaster.remaining(features, models);
  return { size, future: unplannedFuture(rest.forecast, usual, forecaster.sameRatio) };
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
