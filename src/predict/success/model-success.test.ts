import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { asId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { declaredPart, type Difficulty, DIFFICULTIES, type StepNeed } from '../../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import { NO_EVIDENCE, type StepFeatures } from '../features/step-features.ts';
import { createLearnedPredictor } from '../learned-predictor.ts';
import { createPriorPredictor, priorEstimate } from '../prior-predictor.ts';
import { shippedArtifact } from '../shipped-artifact.ts';
import { KIND_ITEMS } from './ability-dimensions.ts';
import { USUAL_DIFFICULTY } from './difficulty-scale.ts';
import { abilityAtRate, discriminationOf, mixedSuccess, sigmoid, successCurve } from './item-response.ts';
import { abilityOfRate, estimateSuccess, kindOnly, modelSuccess, usualLevel } from './model-success.ts';

const model = (id: string, abilityIndex?: number): Model => ({ id: asId(id), abilityIndex }) as unknown as Model;
const needOf = (kind: StepKind, difficulty: Difficulty): StepNeed => ({
  v: 1,
  kind: declaredPart('kind', kind),
  size: declaredPart('size', 'few'),
  difficulty: declaredPart('difficulty', difficulty),
  stakes: declaredPart('stakes', 1),
  origin: 'person',
  grounds: [],
});
const at = (kind: StepKind, difficulty: Difficulty, one: Model): number =>
  priorEstimate({ kind, evidence: NO_EVIDENCE, need: needOf(kind, difficulty) }, one).successRatio;
const featuresOf = (need: StepNeed, kind: StepKind): StepFeatures => ({
  v: 1,
  text: '',
  kind,
  kindConfidenceRatio: 1,
  need,
  trigger: 'user',
  evidence: NO_EVIDENCE,
  structure: {
    position: 0,
    plannedStepCount: undefined,
    artifactTokens: 0,
    requiredToolCount: 0,
    requiresWrite: false,
    transcriptTokens: 0,
  },
});

const theta = fc.double({ min: -3, max: 3, noNaN: true });
const width = fc.double({ min: 0, max: 1.5, noNaN: true });
const kinds = fc.constantFrom(...STEP_KINDS);

describe('success over difficulty', () => {
  test('falls with difficulty and rises with ability, however wide the belief', () => {
    fc.assert(
      fc.property(theta, fc.double({ min: 0.01, max: 2, noNaN: true }), width, kinds, (mean, more, spread, kind) => {
        const sharp = discriminationOf(KIND_ITEMS[kind]);
        const one = successCurve({ mean, width: spread }, sharp).ratios;
        const abler = successCurve({ mean: mean + more, width: spread }, sharp).ratios;
        for (const [index, ratio] of one.entries()) {
          expect(abler[index]).toBeGreaterThan(ratio);
          if (index > 0) expect(ratio).toBeLessThan(one[index - 1] ?? 0);
        }
      }),
    );
  });

  test('every model of the catalogue is less likely right at every harder step of every kind', async () => {
    const models = shippedModels();
    for (const predictor of [createPriorPredictor(), createLearnedPredictor(shippedArtifact())]) {
      for (const kind of STEP_KINDS) {
        let before = models.map(() => 1);
        for (const difficulty of DIFFICULTIES) {
          const { estimates } = await predictor.quality(featuresOf(needOf(kind, difficulty), kind), models);
          const ratios = estimates.map(({ successRatio }) => successRatio);
          for (const [index, ratio] of ratios.entries()) expect(ratio).toBeLessThan(before[index] ?? 0);
          before = ratios;
        }
      }
    }
  });

  test('a wide belief is nearer to a coin than a sure one, on both sides, and says that it is wide', () => {
    const sure = successCurve({ mean: 0, width: 0.1 }, 1.3);
    const wide = successCurve({ mean: 0, width: 1.2 }, 1.3);
    expect(wide.ratios[0]).toBeLessThan(sure.ratios[0] ?? 0);
    expect(wide.ratios[4]).toBeGreaterThan(sure.ratios[4] ?? 1);
    for (const index of [0, 1, 2, 3, 4]) expect(wide.widths[index]).toBeGreaterThan(sure.widths[index] ?? 1);
  });

  test('evidence against a step makes it less likely at every difficulty', () => {
    const success = modelSuccess(() => ({ mean: 0, width: 0.5, isLearned: false }));
    for (const kind of STEP_KINDS) {
      const calm = estimateSuccess(success, kindOnly(kind), { model: model('m'), shift: 0 });
      const stuck = estimateSuccess(success, kindOnly(kind), { model: model('m'), shift: -0.7 });
      expect(stuck.successRatio).toBeLessThan(calm.successRatio);
    }
  });

  test('the scale means what it says: any model at 1, small ones mostly at 2, frontier ones at 4, and often not at 5', () => {
    for (const kind of ['code', 'plan', 'review', 'explore', 'other'] as const) {
      const [small, frontier] = [model('s', 22), model('f', 54)];
      expect(at(kind, 1, small)).toBeGreaterThan(0.95);
      expect(at(kind, 2, small)).toBeGreaterThan(0.8);
      expect(at(kind, 4, small)).toBeLessThan(0.45);
      expect(at(kind, 4, frontier)).toBeGreaterThan(0.65);
      expect(at(kind, 5, frontier)).toBeLessThan(0.6);
    }
  });
});

describe('rates and abilities', () => {
  test('a rate of success and the ability that gives it are one another’s inverse', () => {
    fc.assert(
      fc.property(theta, kinds, (mean, kind) => {
        const sharp = discriminationOf(KIND_ITEMS[kind]);
        const rate = mixedSuccess(mean, sharp, USUAL_DIFFICULTY[kind]);
        expect(abilityAtRate(rate, sharp, USUAL_DIFFICULTY[kind])).toBeCloseTo(mean, 3);
      }),
    );
  });

  test.each(STEP_KINDS)(
    'a mid-field rate at %s is a mid-field ability, and a step of which nothing was read has that rate',
    (kind) => {
      expect(abilityOfRate(kind, { mean: usualLevel(kind), width: 0.3 }).mean).toBeCloseTo(0, 6);
      const success = modelSuccess(() => ({ mean: 0, width: 0, isLearned: true }));
      const unread = estimateSuccess(success, kindOnly(kind), { model: model('m'), shift: 0 });
      expect(unread.successRatio).toBeCloseTo(sigmoid(usualLevel(kind)), 6);
    },
  );
});

describe('priors of models that nobody indexed', () => {
  const bare = shippedModels().filter((one) => one.abilityIndex === undefined);
  const code = { kind: 'code', evidence: NO_EVIDENCE } as const;

  test('no two models of the catalogue without an index share a profile', () => {
    const profiles = bare.map((one) =>
      STEP_KINDS.map((kind) => priorEstimate({ ...code, kind }, one).successRatio).join(),
    );
    expect(bare.length).toBeGreaterThan(10);
    expect(new Set(profiles).size).toBe(bare.length);
  });

  test('each is less sure than an indexed model of the same rate would be', () => {
    for (const one of bare.filter(({ id }) => /mistral-|ministral|muse|llama-3\.3|qwen3\.8-/u.test(id))) {
      const judged = priorEstimate(code, one);
      const indexed = [0, 10, 20, 30, 40, 50].map((index) => priorEstimate(code, model('i', index)));
      const near = indexed.reduce((best, next) =>
        Math.abs(next.successRatio - judged.successRatio) < Math.abs(best.successRatio - judged.successRatio)
          ? next
          : best,
      );
      expect(judged.widthRatio).toBeGreaterThan(near.widthRatio * 0.95);
    }
  });

  test('an unknown model is the widest of all, and is never preferred to an indexed one at the same cost on hard steps', () => {
    const unknown = priorEstimate({ ...code, need: needOf('code', 4) }, model('who/knows'));
    for (const index of [30, 40, 50]) {
      const known = priorEstimate({ ...code, need: needOf('code', 4) }, model('m', index));
      expect(unknown.successRatio).toBeLessThan(known.successRatio);
      expect(unknown.widthRatio).toBeGreaterThan(known.widthRatio);
    }
  });
});
