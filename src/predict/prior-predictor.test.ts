import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asId, type StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import { NO_EVIDENCE } from './features/step-features.ts';
import { plannedForecast, plannedStepFeatures, type PlannedStep } from './forecast/planned-forecast.ts';
import { createRuleForecaster } from './forecast/rule-forecaster.ts';
import { createPriorPredictor, priorEstimate } from './prior-predictor.ts';
import { priorAbilities } from './success/ability-prior.ts';

const model = (id: string, abilityIndex: number | undefined): Model =>
  ({ id: asId(id), abilityIndex }) as unknown as Model;
const planned = (kind: StepKind): PlannedStep => ({
  stepId: asId<StepId>(`step-${kind}`),
  kind,
  text: 'Do it',
  modes: ['continue'],
  requirements: { tools: true, toolNames: [], structuredOutput: false, inputModalities: ['text'] },
  requiresWrite: false,
  artifactTokens: 0,
  checks: [],
});
const at = { position: 0, plannedStepCount: 2, transcriptTokens: 0 };

describe('prior predictor', () => {
  test.each(STEP_KINDS)('a higher index never does worse at %s', (kind) => {
    const features = { kind, evidence: NO_EVIDENCE };
    const ratios = [10, 25, 40, 55].map((index) => priorEstimate(features, model('m', index)).successRatio);
    expect([...ratios].sort((a, b) => a - b)).toEqual(ratios);
    expect(ratios.every((ratio) => ratio > 0.1 && ratio < 0.999)).toBe(true);
  });

  test('a model nobody knows is believed less, and less surely, than a mid-field one', () => {
    const features = { kind: 'code', evidence: NO_EVIDENCE } as const;
    const unknown = priorEstimate(features, model('new', undefined));
    const known = priorEstimate(features, model('mid', 34));
    expect(unknown.basis).toBe('prior');
    expect(unknown.successRatio).toBeLessThan(known.successRatio);
    expect(unknown.widthRatio).toBeGreaterThan(known.widthRatio);
  });

  test('a benchmark moves its own dimension and narrows it', () => {
    const plain = priorAbilities({ abilityIndex: 34, scores: [] });
    const strong = priorAbilities({
      abilityIndex: 34,
      scores: [
        {
          dimension: 'test',
          benchmark: 'swe-atlas-test-writing',
          publisher: 'labs.scale.com',
          effort: undefined,
          percent: 50,
        },
      ],
    });
    expect(strong.testing.mean).toBeGreaterThan(plain.testing.mean);
    expect(strong.testing.width).toBeLessThan(plain.testing.width);
    expect(strong.language).toEqual(plain.language);
  });

  test('red tests and loops make success less likely, never more', () => {
    fc.assert(
      fc.property(
        fc.record({
          recentErrorCount: fc.nat(20),
          repeatedCallCount: fc.nat(20),
          editsToSameFileCount: fc.nat(20),
          testsState: fc.constantFrom('unknown', 'red', 'green'),
          humanCorrectionCount: fc.nat(20),
          callsInStepCount: fc.nat(200),
        }),
        (evidence) => {
          const calm = priorEstimate({ kind: 'code', evidence: NO_EVIDENCE }, model('m', 40)).successRatio;
          expect(priorEstimate({ kind: 'code', evidence }, model('m', 40)).successRatio).toBeLessThanOrEqual(calm);
        },
      ),
    );
  });

  test('answers for every model it is asked about, in their order', async () => {
    const predictor = createPriorPredictor();
    const answer = await predictor.quality(plannedStepFeatures(planned('plan'), at), [model('a', 50), model('b', 10)]);
    expect(answer.estimates.map((estimate) => estimate.model)).toEqual(['a', 'b']);
  });
});

describe('forecasts', () => {
  test('a plan is forecast exactly, in order', async () => {
    const steps = [planned('code'), planned('test')];
    const forecast = await plannedForecast(steps, createPriorPredictor(), [model('a', 50)], at);
    expect(forecast.map((step) => [step.kind, step.probabilityRatio])).toEqual([
      ['code', 1],
      ['test', 1],
    ]);
  });

  test('without a plan, later steps are less likely than earlier ones', () => {
    const features = plannedStepFeatures(planned('plan'), at);
    const ratios = createRuleForecaster()
      .remaining(features, [])
      .map((step) => step.probabilityRatio);
    expect(ratios.length).toBe(4);
    expect([...ratios].sort((a, b) => b - a)).toEqual(ratios);
    expect(ratios[0]).toBeLessThan(1);
  });
});
