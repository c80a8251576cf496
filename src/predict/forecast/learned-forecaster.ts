import type { ForecastStep } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import type { ForecastTables } from '../artifact.ts';
import { NO_EVIDENCE } from '../features/step-features.ts';
import type { StepForecaster } from '../predictor.ts';
import { priorEstimate, type CapabilitiesOf } from '../prior-predictor.ts';
import { rememberPerPool } from '../remember-per-pool.ts';
import { type KindSizes, sizesFrom } from '../step-sizes.ts';
import { advanceBelief, likeliest } from './likeliest-kinds.ts';
import { createRuleForecaster, SAME_RATIO } from './rule-forecaster.ts';

/** Steps less likely than this are not forecast: they would cost look-ahead time and weigh nothing. */
const LEAST_RATIO: Ratio = 0.05;
const DEFAULT_END_RATIO: Ratio = 0.25;
const DEFAULT_GAP_MS = 60_000;
const DEFAULT_CALL_GAP_MS = 8000;

/**
 * Forecasts with what was learned from sessions: a Markov chain over kinds with an end hazard per kind. Each position gets
 * its most likely kind; its probability is that the session gets there at all. A session is cleared of it at boundaries
 * by asking again: the forecast only ever starts from the step at hand. Without tables the rules forecast. Pure.
 */
export function createLearnedForecaster(
  tables: ForecastTables | undefined,
  capabilitiesOf?: CapabilitiesOf,
  maxSteps = 5,
): StepForecaster {
  if (tables === undefined) return createRuleForecaster(capabilitiesOf);
  const perPool = rememberPerPool<readonly ForecastStep[]>();
  const sizes = sizesFrom(tables);
  const goesOn = (kind: StepKind): Ratio => 1 - (tables.endRatio[kind] ?? DEFAULT_END_RATIO);
  const stepsAfter = (present: StepKind, models: readonly Model[]): readonly ForecastStep[] => {
    const steps: ForecastStep[] = [];
    let belief = new Map<StepKind, Ratio>([[present, 1]]);
    let before = present;
    for (let index = 0; index < maxSteps; index += 1) {
      belief = advanceBelief(belief, tables.transitions, goesOn);
      const reached = [...belief.values()].reduce((sum, ratio) => sum + ratio, 0);
      if (reached < LEAST_RATIO) break;
      const kind = likeliest(belief);
      const gapMs = tables.gapMs[before] ?? DEFAULT_GAP_MS;
      steps.push({
        ...forecastStep(kind, { tables, sizes }, models, capabilitiesOf),
        probabilityRatio: Math.min(1, reached),
        gapMs,
      });
      before = kind;
    }
    return steps;
  };
  return {
    sameRatio: tables.sameRatio ?? SAME_RATIO,
    remaining: ({ kind }, models) => perPool(models, kind, () => stepsAfter(kind, models)),
  };
}

function forecastStep(
  kind: StepKind,
  { tables, sizes }: { readonly tables: ForecastTables; readonly sizes: KindSizes },
  models: readonly Model[],
  capabilitiesOf: CapabilitiesOf | undefined,
): Omit<ForecastStep, 'probabilityRatio' | 'gapMs'> {
  return {
    stepId: undefined,
    kind,
    callGapMs: tables.callGapMs[kind] ?? DEFAULT_CALL_GAP_MS,
    modes: ['continue'],
    size: sizes[kind],
    requirements: { tools: true, toolNames: [], structuredOutput: false, inputModalities: ['text'] },
    quality: models.map((model) =>
      priorEstimate({ kind, evidence: NO_EVIDENCE }, model, capabilitiesOf === undefined ? {} : { capabilitiesOf }),
    ),
    checks: [],
    parallelGroup: undefined,
    onlyModels: undefined,
  };
}
