import type { DecideInput } from '../../src/domain/decision.ts';
import type { ForecastStep } from '../../src/domain/forecast.ts';
import type { ModelId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Ratio } from '../../src/domain/time.ts';
import { toForecast, type StudyStep } from './study-input.ts';

/** What is believed of a session that tells nothing of its future. */
export interface PersistenceBelief {
  /** P(the next step asks for the same as this one); otherwise any of `needs` is as likely as any other. */
  readonly stayRatio: Ratio;
  /** P(there is a further step), at each step. */
  readonly goesOnRatio: Ratio;
  /** What a step may ask for: the models that would do. */
  readonly needs: readonly (readonly ModelId[])[];
  readonly stepCount: number;
  readonly scenarioCount: number;
}

/**
 * The future of a session without a plan, as equally likely ways of going on: more of the same, with a chance at each step
 * that something else is asked for. The draws are a fixed, evenly spread sequence, so that the same session gives the same
 * scenarios. Spread over `decide()`'s `forecast` and `scenarios`.
 */
export function persistentScenarios(
  step: ForecastStep,
  belief: PersistenceBelief,
): { readonly forecast: readonly ForecastStep[]; readonly scenarios: NonNullable<DecideInput['scenarios']> } {
  const { scenarioCount } = belief;
  const ways = Array.from({ length: scenarioCount }, (_, index) => wayOn(step, belief, index));
  const [forecast = [], ...others] = ways;
  const weightRatio = 1 / scenarioCount;
  return { forecast, scenarios: others.map((other) => ({ weightRatio, forecast: other })) };
}

/** How far a forecast that names each step's need can be trusted. */
export interface ForecastDoubt {
  /** P(a step asks for what was forecast); otherwise any of `needs` is as likely as any other. Learned by counting. */
  readonly trustRatio: Ratio;
  readonly needs: readonly (readonly ModelId[])[];
  readonly scenarioCount: number;
}

/**
 * A forecast that is often wrong, as equally likely ways of going on: at each step it holds or something else is asked
 * for. Spread over `decide()`'s `forecast` and `scenarios`.
 */
export function doubtfulScenarios(
  steps: readonly ForecastStep[],
  doubt: ForecastDoubt,
): { readonly forecast: readonly ForecastStep[]; readonly scenarios: NonNullable<DecideInput['scenarios']> } {
  const { scenarioCount, trustRatio, needs } = doubt;
  const ways = Array.from({ length: scenarioCount }, (_, scenario) =>
    steps.map((step, at) => {
      const draw = evenDraw(scenario, at, scenarioCount);
      if (draw < trustRatio || needs.length === 0) return step;
      return { ...step, onlyModels: needAt(needs, (draw - trustRatio) / (1 - trustRatio)) };
    }),
  );
  const [forecast = [], ...others] = ways;
  const weightRatio = 1 / scenarioCount;
  return { forecast, scenarios: others.map((other) => ({ weightRatio, forecast: other })) };
}

function needAt(needs: readonly (readonly ModelId[])[], share: Ratio): readonly ModelId[] | undefined {
  return needs[Math.min(needs.length - 1, Math.floor(share * needs.length))];
}

function wayOn(step: ForecastStep, belief: PersistenceBelief, scenario: number): readonly ForecastStep[] {
  const steps: ForecastStep[] = [];
  let { onlyModels } = step;
  for (let at = 0; at < belief.stepCount; at += 1) {
    const draw = evenDraw(scenario, at, belief.scenarioCount);
    if (draw >= belief.stayRatio && belief.needs.length > 0) {
      onlyModels = needAt(belief.needs, (draw - belief.stayRatio) / (1 - belief.stayRatio));
    }
    steps.push({ ...step, onlyModels, probabilityRatio: step.probabilityRatio * belief.goesOnRatio ** (at + 1) });
  }
  return steps;
}

/** For each step a different order of the same evenly spread numbers, one per scenario. */
function evenDraw(scenario: number, step: number, count: number): Ratio {
  const shuffled = (scenario * (2 * step + 1) + step * step) % count;
  const turned = (shuffled + 0.5) / count + step * 0.618_033_988_75;
  return turned - Math.floor(turned);
}

/**
 * Without a forecast: more of the same is likely, anything may come, in steps of the studies' usual size, as many of them as
 * are looked at. Nothing of the session's future is used.
 */
export function blindFuture(
  step: StudyStep,
  models: readonly Model[],
  stepCount: number,
): ReturnType<typeof persistentScenarios> {
  const usual = { ...step, gapMs: 17_500, size: { ...step.size, outputTokensPerCall: 360, closingTokens: 1390 } };
  return persistentScenarios(toForecast(usual, models), {
    stayRatio: 0.4,
    goesOnRatio: 0.9,
    needs: models.map((_, at) => models.slice(at).map((model) => model.id)),
    stepCount,
    scenarioCount: 11,
  });
}
