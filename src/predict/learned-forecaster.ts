import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import type { Model } from '../domain/model.ts';
import type { Ratio } from '../domain/time.ts';
import type { ForecastTables } from './artifact.ts';
import { priorEstimate, type CapabilitiesOf } from './prior-predictor.ts';
import { rememberPerPool } from './remember-per-pool.ts';
import { createRuleForecaster } from './rule-forecaster.ts';
import type { StepForecaster } from './predictor.ts';
import { NO_EVIDENCE } from './step-features.ts';
import { KIND_SIZES } from './step-sizes.ts';

/** Steps less likely than this are not forecast: they would cost look-ahead time and weigh nothing. */
const LEAST_RATIO: Ratio = 0.05;
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
  const stepsAfter = (present: StepKind, models: readonly Model[]): readonly ForecastStep[] => {
    const steps: ForecastStep[] = [];
    let belief = new Map<StepKind, Ratio>([[present, 1]]);
    for (let index = 0; index < maxSteps; index += 1) {
      belief = advance(belief, tables);
      const reached = [...belief.values()].reduce((sum, ratio) => sum + ratio, 0);
      if (reached < LEAST_RATIO) break;
      const [kind] = [...belief].reduce((best, next) => (next[1] > best[1] ? next : best));
      steps.push(forecastStep(kind, Math.min(1, reached), tables, models, capabilitiesOf));
    }
    return steps;
  };
  return {
    remaining: ({ kind }, models) => perPool(models, kind, () => stepsAfter(kind, models)),
  };
}

/** One step on: what is still going and what it turns into. A kind nobody saw goes on to any kind alike. */
function advance(belief: ReadonlyMap<StepKind, Ratio>, tables: ForecastTables): Map<StepKind, Ratio> {
  const next = new Map<StepKind, Ratio>();
  for (const [kind, ratio] of belief) {
    const goesOn = ratio * (1 - (tables.endRatio[kind] ?? 0.25));
    const row = tables.transitions[kind];
    for (const following of STEP_KINDS) {
      const share = row === undefined ? 1 / STEP_KINDS.length : (row[following] ?? 0);
      next.set(following, (next.get(following) ?? 0) + goesOn * share);
    }
  }
  return next;
}

function forecastStep(
  kind: StepKind,
  probabilityRatio: Ratio,
  tables: ForecastTables,
  models: readonly Model[],
  capabilitiesOf: CapabilitiesOf | undefined,
): ForecastStep {
  const base = KIND_SIZES[kind];
  return {
    stepId: undefined,
    kind,
    probabilityRatio,
    gapMs: tables.gapMs[kind] ?? DEFAULT_GAP_MS,
    callGapMs: tables.callGapMs[kind] ?? DEFAULT_CALL_GAP_MS,
    modes: ['continue'],
    size: {
      ...base,
      callCount: tables.callCount[kind] ?? base.callCount,
      outputTokensPerCall: tables.outputTokensPerCall[kind] ?? base.outputTokensPerCall,
      newTokensPerCall: tables.newTokensPerCall[kind] ?? base.newTokensPerCall,
    },
    requirements: { tools: true, toolNames: [], structuredOutput: false, inputModalities: ['text'] },
    quality: models.map((model) => priorEstimate({ kind, evidence: NO_EVIDENCE }, model, capabilitiesOf)),
    checks: [],
    parallelGroup: undefined,
    onlyModels: undefined,
  };
}
