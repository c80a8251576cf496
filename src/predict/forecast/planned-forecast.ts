import type { ForecastStep, PromptHead, StepRequirements, StepSize } from '../../domain/forecast.ts';
import type { ModelId, StepId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { FailurePrices, StepNeed } from '../../domain/need.ts';
import type { Verifier } from '../../domain/quality.ts';
import type { CallTrigger, StepKind, StepMode } from '../../domain/step.ts';
import type { Ms, Tokens } from '../../domain/time.ts';
import { NO_EVIDENCE, type StepFeatures } from '../features/step-features.ts';
import { agreedNeed } from '../joint-need.ts';
import { knownServers } from '../need/server-abilities.ts';
import type { Predictor } from '../predictor.ts';

/** A step of a plan that has not run yet. Sizes that the plan does not give come from the predictor. */
export interface PlannedStep {
  readonly stepId: StepId;
  readonly kind: StepKind;
  readonly text: string;
  /** What it was declared or read to need. Absent: its kind is all that is known. */
  readonly need?: StepNeed;
  readonly modes: readonly StepMode[];
  readonly requirements: StepRequirements;
  readonly requiresWrite: boolean;
  readonly artifactTokens: Tokens;
  readonly checks: readonly Verifier[];
  readonly size?: StepSize;
  readonly gapMs?: Ms;
  readonly callGapMs?: Ms;
  readonly parallelGroup?: number;
  readonly onlyModels?: readonly ModelId[];
  readonly freshHead?: PromptHead;
}

/** Pauses between and inside steps of a job that runs by itself. */
const JOB_GAP_MS: Ms = 2000;
const JOB_CALL_GAP_MS: Ms = 8000;

/** Features of a planned step: its kind is known, and nothing has happened in it yet unless `evidence` says so. Pure. */
export function plannedStepFeatures(
  step: PlannedStep,
  at: { readonly position: number; readonly plannedStepCount: number; readonly transcriptTokens: Tokens },
  evidence: StepFeatures['evidence'] = NO_EVIDENCE,
  trigger: CallTrigger = 'user',
): StepFeatures {
  return {
    v: 1,
    text: step.text,
    kind: step.kind,
    kindConfidenceRatio: 1,
    ...(step.need === undefined ? {} : { need: step.need }),
    trigger,
    evidence,
    structure: {
      ...at,
      artifactTokens: step.artifactTokens,
      requiredToolCount: step.requirements.toolNames.length,
      toolServers: knownServers(step.requirements.toolNames),
      requiresWrite: step.requiresWrite,
    },
  };
}

/** The exact forecast of a plan: every step comes, with the predictor's quality and size for it at these prices of failure. */
export async function plannedForecast(
  remaining: readonly PlannedStep[],
  predictor: Predictor,
  models: readonly Model[],
  at: {
    readonly position: number;
    readonly plannedStepCount: number;
    readonly transcriptTokens: Tokens;
    readonly prices?: FailurePrices;
  },
): Promise<readonly ForecastStep[]> {
  const { prices, ...place } = at;
  return Promise.all(
    remaining.map(async (step, index): Promise<ForecastStep> => {
      const features = plannedStepFeatures(step, { ...place, position: at.position + index });
      const { estimates } = await predictor.quality(features, models, prices);
      return {
        stepId: step.stepId,
        kind: step.kind,
        ...(step.need === undefined ? {} : { need: agreedNeed(step.need) }),
        probabilityRatio: 1,
        gapMs: step.gapMs ?? JOB_GAP_MS,
        callGapMs: step.callGapMs ?? JOB_CALL_GAP_MS,
        modes: step.modes,
        size: step.size ?? predictor.size(features, prices),
        requirements: step.requirements,
        quality: estimates,
        checks: step.checks,
        parallelGroup: step.parallelGroup,
        onlyModels: step.onlyModels,
        ...(step.freshHead === undefined ? {} : { freshHead: step.freshHead }),
      };
    }),
  );
}
