import { describe, expect, test } from 'vitest';
import { aForecastStep } from '../../src/testing/decision-builders.ts';
import { modelId } from '../../src/testing/model-builders.ts';
import { doubtfulScenarios, persistentScenarios } from './study-scenarios.ts';

const [cheap, able] = [modelId('haiku'), modelId('opus')];

describe('a forecast that may be wrong', () => {
  const step = aForecastStep('code', { onlyModels: [cheap] });
  const needs = [[cheap, able], [able]];

  test('weights leave the first forecast its share, and draws are the same each time', () => {
    const belief = { stayRatio: 0.5, goesOnRatio: 0.9, needs, stepCount: 4, scenarioCount: 8 };
    const { forecast, scenarios } = persistentScenarios(step, belief);
    expect(forecast).toHaveLength(4);
    expect(scenarios.reduce((sum, one) => sum + one.weightRatio, 0)).toBeCloseTo(7 / 8);
    expect(persistentScenarios(step, belief)).toEqual({ forecast, scenarios });
    expect(forecast[3]?.probabilityRatio).toBeCloseTo(0.9 ** 4);
  });

  test('about as many steps hold as the forecast is trusted', () => {
    const steps = Array.from({ length: 6 }, () => step);
    const { forecast, scenarios } = doubtfulScenarios(steps, { trustRatio: 0.75, needs, scenarioCount: 16 });
    const all = [forecast, ...scenarios.map((one) => one.forecast)].flat();
    const kept = all.filter((one) => one.onlyModels === step.onlyModels).length / all.length;
    expect(kept).toBeGreaterThan(0.65);
    expect(kept).toBeLessThan(0.85);
  });
});
