import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verifier } from '../domain/quality.ts';
import { betaMean, betaQuantile, incompleteBeta } from '../stats/beta-posterior.ts';
import { seededRandom } from '../stats/seeded-random.ts';
import { countDecision, DEFAULT_UPGRADE_BOUND, mayUpgrade, NO_UPGRADES } from './beliefs/upgrade-guard.ts';
import {
  countObservation,
  pessimisticRates,
  verifierRates,
  type VerifierCounts,
} from './beliefs/verifier-posteriors.ts';
import { VERIFIER_PRIORS } from './beliefs/verifier-priors.ts';

describe('beta posteriors', () => {
  test('quantiles undo the distribution', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 300, noNaN: true }),
        fc.double({ min: 0.5, max: 300, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (yes, no, p) => {
          expect(incompleteBeta(yes, no, betaQuantile({ yes, no }, p))).toBeCloseTo(p, 6);
        },
      ),
    );
  });

  test('a uniform one is uniform', () => {
    expect(betaQuantile({ yes: 1, no: 1 }, 0.3)).toBeCloseTo(0.3, 9);
  });
});

describe('verifier rates', () => {
  const learn = (count: number, sensitivity: number, falseAlarm: number, family: string): VerifierCounts => {
    const random = seededRandom(5);
    let counts: VerifierCounts = {};
    for (let index = 0; index < count; index += 1) {
      const right = random() < 0.5;
      const rejected = random() < (right ? falseAlarm : sensitivity);
      counts = countObservation(counts, {
        kind: 'code',
        verifier: 'tests',
        family,
        rejected,
        truth: right ? 'right' : 'wrong',
      });
    }
    return counts;
  };

  test('start at the prior of their own kind: what was there before is believed less than what was red before', () => {
    const meanOf = (kind: Verifier['kind']): readonly number[] => {
      const { sensitivity, falseAlarm } = verifierRates({}, 'code', kind, 'claude');
      return [betaMean(sensitivity), betaMean(falseAlarm)];
    };
    expect(meanOf('tests')).toEqual([0.5, 0.1]);
    expect(meanOf('named-tests')).toEqual([0.8, 0.2]);
    const [caught, alarmed] = meanOf('own-tests');
    expect(caught).toBe(alarmed);
  });

  test('go to what was seen, in the cell where it was seen', () => {
    const rates = verifierRates(learn(2000, 0.6, 0.35, 'claude'), 'code', 'tests', 'claude');
    expect(betaMean(rates.sensitivity)).toBeCloseTo(0.6, 1);
    expect(betaMean(rates.falseAlarm)).toBeCloseTo(0.35, 1);
  });

  test('reach another family in part, and another check not at all', () => {
    const counts = learn(2000, 0.5, 0.4, 'claude');
    const other = betaMean(verifierRates(counts, 'code', 'tests', 'gpt').sensitivity);
    expect(other).toBeGreaterThan(0.45);
    expect(other).toBeLessThan(0.75);
    expect(verifierRates(counts, 'code', 'lint', 'claude')).toEqual(VERIFIER_PRIORS.lint);
  });

  test('planned with, they are worse than their means', () => {
    const planned = pessimisticRates(VERIFIER_PRIORS.tests, 0.3);
    expect(planned.sensitivityRatio).toBeLessThan(0.5);
    expect(planned.falseAlarmRatio).toBeGreaterThan(0.1);
  });
});

describe('upgrade bound', () => {
  test('holds for every run of wishes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (wishes) => {
        let state = NO_UPGRADES;
        for (const wished of wishes) state = countDecision(state, wished && mayUpgrade(state));
        const { fairRatio, burstCount } = DEFAULT_UPGRADE_BOUND;
        expect(state.upgradeCount).toBeLessThanOrEqual(fairRatio * state.decisionCount + burstCount + 1);
      }),
    );
  });

  test('someone who asks for it always is held to the fair share', () => {
    let state = NO_UPGRADES;
    for (let index = 0; index < 1000; index += 1) state = countDecision(state, mayUpgrade(state));
    expect(state.upgradeCount).toBeLessThan(270);
    expect(state.upgradeCount).toBeGreaterThan(200);
  });

  test('a normal mix is never held', () => {
    let state = NO_UPGRADES;
    for (let index = 0; index < 1000; index += 1) {
      const wished = index % 5 === 0;
      expect(mayUpgrade(state)).toBe(true);
      state = countDecision(state, wished);
    }
  });
});
