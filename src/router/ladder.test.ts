import fc from 'fast-check';
import { expect, test } from 'vitest';
import { approximateBetaQuantile } from '../stats/approximate-beta-quantile.ts';
import { aVerifier } from '../testing/decision-builders.ts';
import { bestLadders, combineChecks, type LadderRung } from './ladder.ts';

const check = { sensitivity: 0.8, falseAlarm: 0.2, costNanoUsd: 20 };

test('a ladder is worked out by hand: first rung, check, second rung with the chance of a rejection', () => {
  const rungs = [
    { index: 0, modelIndex: 0, spendNanoUsd: 100, successRatio: 0.6 },
    { index: 1, modelIndex: 1, spendNanoUsd: 1000, successRatio: 0.9 },
  ];
  const [ladder] = bestLadders(rungs, { check, maxRungs: 2, failureNanoUsd: 10_000 });
  // Rejected: 0.6·0.2 + 0.4·0.8 = 0.44. Spend after the first: 20 + 0.44·1000. Wrong: 0.4·0.2·10,000 + 0.44·0.1·10,000.
  expect(ladder?.rungs).toEqual([0, 1]);
  expect(ladder?.spendNanoUsd).toBeCloseTo(460);
  expect(ladder?.failureNanoUsd).toBeCloseTo(800 + 440);
});

test('a check that knows less of one family tells less of its rungs', () => {
  const rungs = [
    {
      index: 0,
      modelIndex: 0,
      spendNanoUsd: 100,
      successRatio: 0.6,
      check: { ...check, sensitivity: 0.4, falseAlarm: 0.1 },
    },
    { index: 1, modelIndex: 1, spendNanoUsd: 1000, successRatio: 0.9 },
  ];
  const [ladder] = bestLadders(rungs, { check, maxRungs: 2, failureNanoUsd: 10_000 });
  // Rejected: 0.6·0.1 + 0.4·0.4 = 0.22. Spend after the first: 20 + 0.22·1000. Wrong: 0.4·0.6·10,000 + 0.22·0.1·10,000.
  expect(ladder?.spendNanoUsd).toBeCloseTo(240);
  expect(ladder?.failureNanoUsd).toBeCloseTo(2400 + 220);
});

test('checks combine with the rates of a family where they are known, and with the general ones elsewhere', () => {
  const weak = { sensitivity: { yes: 2, no: 8 }, falseAlarm: { yes: 1, no: 9 } };
  const tests = aVerifier({ byFamily: { glm: weak } });
  expect(combineChecks([tests], 0.5, 'glm')?.sensitivity).toBeCloseTo(
    approximateBetaQuantile(weak.sensitivity, 0.5),
    9,
  );
  expect(combineChecks([tests], 0.5, 'claude')).toEqual(combineChecks([tests], 0.5));
});

test('below the price of a check nothing is checked', () => {
  const rungs = [
    { index: 0, modelIndex: 0, spendNanoUsd: 1, successRatio: 0.6 },
    { index: 1, modelIndex: 1, spendNanoUsd: 1000, successRatio: 0.9 },
  ];
  expect(bestLadders(rungs, { check, maxRungs: 3, failureNanoUsd: 10 })[0]?.rungs).toEqual([0]);
});

test('a rung that another undercuts and outdoes starts no ladder, so that it never wins by the other coming second', () => {
  const weak = { index: 0, modelIndex: 0, spendNanoUsd: 120, successRatio: 0.6 };
  const better = { index: 1, modelIndex: 1, spendNanoUsd: 100, successRatio: 0.7 };
  const best = { index: 2, modelIndex: 2, spendNanoUsd: 90_000, successRatio: 0.9 };
  const options = { check, maxRungs: 2, failureNanoUsd: 10_000 };
  const [ofWeak, ofBetter] = bestLadders([weak, better, best], options);
  expect(ofWeak?.rungs).toEqual([0]);
  expect(ofBetter?.rungs).toEqual([1]);
  // Alone with the best one it is the cheap way in, and may climb.
  const cheapest = bestLadders([weak, { ...best, spendNanoUsd: 1000 }], options);
  expect(cheapest[0]?.rungs).toEqual([0, 2]);
});

/**
 * Every ladder of up to three different models, each likelier than those before where one is, priced by its definition; a first
 * rung that another beats in price and P(success) stays alone.
 */
function cheapest(rungs: readonly LadderRung[], first: LadderRung, gamma: number, maxRungs: number): number {
  const value = (rung: LadderRung, used: readonly LadderRung[], left: number): number => {
    const bad = 1 - rung.successRatio;
    const alone = bad * gamma;
    if (left === 0) return alone;
    const rejected = rung.successRatio * check.falseAlarm + bad * check.sensitivity;
    const others = rungs.filter((other) => !used.some((one) => one.modelIndex === other.modelIndex));
    const able = (one: LadderRung): number => one.abilityRatio ?? one.successRatio;
    const floor = Math.max(...used.map(able));
    const likelier = others.filter((other) => able(other) > floor);
    const next = likelier.length > 0 ? likelier : others;
    const tails = next.map((other) => other.spendNanoUsd + value(other, [...used, other], left - 1));
    const checked = check.costNanoUsd + bad * (1 - check.sensitivity) * gamma + rejected * Math.min(...tails);
    return Math.min(alone, checked);
  };
  const isBeaten = rungs.some(
    (other) =>
      other.spendNanoUsd <= first.spendNanoUsd &&
      other.successRatio >= first.successRatio &&
      (other.spendNanoUsd < first.spendNanoUsd || other.successRatio > first.successRatio),
  );
  return value(first, [first], isBeaten ? 0 : maxRungs - 1);
}

test('the best ladder is what trying every ladder finds', () => {
  const rung = fc.record({
    modelIndex: fc.nat(3),
    spend: fc.integer({ min: 0, max: 2000 }),
    drift: fc.double({ min: 0, max: 0.1, noNaN: true }),
  });
  const abilities = fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(rung, { minLength: 1, maxLength: 6 }),
      abilities,
      fc.constantFrom(1, 2, 3),
      (parts, able, maxRungs) => {
        const rungs = parts.map(({ modelIndex, spend, drift }, index) => {
          const abilityRatio = able[modelIndex] ?? 0;
          return { index, modelIndex, spendNanoUsd: spend, successRatio: abilityRatio - drift, abilityRatio };
        });
        const ladders = bestLadders(rungs, { check, maxRungs, failureNanoUsd: 5000 });
        for (const [at, one] of rungs.entries()) {
          const ladder = ladders[at];
          const found = (ladder?.spendNanoUsd ?? 0) + (ladder?.failureNanoUsd ?? 0);
          expect(found).toBeCloseTo(cheapest(rungs, one, 5000, maxRungs), 6);
        }
      },
    ),
  );
});

test('several checks miss less and alarm more than one', () => {
  const one = combineChecks([aVerifier()], 0.5);
  const two = combineChecks([aVerifier(), aVerifier({ id: 'types' })], 0.5);
  expect(two?.sensitivity).toBeGreaterThan(one?.sensitivity ?? 1);
  expect(two?.falseAlarm).toBeGreaterThan(one?.falseAlarm ?? 1);
  expect(combineChecks([], 0.5)).toBeUndefined();
});

test('pessimism lowers what a check is believed to catch and raises its false alarms', () => {
  const sober = combineChecks([aVerifier()], 0.5);
  const gloomy = combineChecks([aVerifier()], 0.1);
  expect(gloomy?.sensitivity).toBeLessThan(sober?.sensitivity ?? 0);
  expect(gloomy?.falseAlarm).toBeGreaterThan(sober?.falseAlarm ?? 1);
});

test.each([
  // Quantiles of Beta distributions from tables of the incomplete beta function.
  [{ yes: 8, no: 2 }, 0.5, 0.8204],
  [{ yes: 8, no: 2 }, 0.1, 0.6323],
  [{ yes: 2, no: 8 }, 0.9, 0.3684],
  [{ yes: 50, no: 50 }, 0.5, 0.5],
])('the quantile of Beta(%o) at %f is about %f', (counts, quantile, expected) => {
  expect(Math.abs(approximateBetaQuantile(counts, quantile) - expected)).toBeLessThan(0.02);
});
