import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CandidateRow, DecideInput } from '../domain/decision.ts';
import { nanoFromUsd, toNanoUsd } from '../domain/money.ts';
import type { BetaCounts, Verifier } from '../domain/quality.ts';
import { approximateBetaQuantile } from '../stats/approximate-beta-quantile.ts';
import { aDecideInput, aPolicy, aQuality, aStep, aVerifier } from '../testing/decision-builders.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { decide } from './decide.ts';

const ratio = fc.double({ min: 0.02, max: 0.98, noNaN: true });
/** What is believed of a rate, from nothing seen to much. */
const believed: fc.Arbitrary<BetaCounts> = fc
  .record({ ratio, count: fc.integer({ min: 2, max: 400 }) })
  .map(({ ratio: mean, count }) => ({ yes: mean * count, no: (1 - mean) * count }));
const rates = fc.record({ sensitivity: believed, falseAlarm: believed });
const check: fc.Arbitrary<Verifier> = fc
  .record({ rates, own: fc.option(rates, { nil: undefined }), costUsd: fc.constantFrom(0, 0.0001, 0.02) })
  .map(({ rates: all, own, costUsd }) =>
    aVerifier({ ...all, costNanoUsd: nanoFromUsd(costUsd), ...(own === undefined ? {} : { byFamily: { gpt: own } }) }),
  );

const FAMILIES = ['claude', 'gpt', 'gemini'];
const input = fc
  .record({
    prices: fc.array(fc.double({ min: 0.05, max: 30, noNaN: true }), { minLength: 2, maxLength: 5 }),
    quality: fc.array(ratio, { minLength: 5, maxLength: 5 }),
    checks: fc.array(check, { minLength: 1, maxLength: 2 }),
    maxRungs: fc.constantFrom(2, 3 as const),
    quantile: fc.constantFrom(0.2, 0.3, 0.4, 0.5),
    failureUsd: fc.constantFrom(0.05, 1, 9),
  })
  .map(({ prices, quality, checks, maxRungs, quantile, failureUsd }): DecideInput => {
    const models = prices.map((price, index) =>
      aModel({
        id: modelId(`model-${index}`),
        family: FAMILIES[index % FAMILIES.length] ?? '',
        prices: { base: aPriceRow({ input: price, output: 5 * price }), tiers: [], peak: undefined },
      }),
    );
    const policy = aPolicy({ ladder: { maxRungs, pessimismQuantile: quantile } });
    return aDecideInput({
      models,
      quality: models.map((model, at) => aQuality(model, quality[at])),
      step: aStep({ checks }),
      policy: { ...policy, failureNanoUsd: { ...policy.failureNanoUsd, code: nanoFromUsd(failureUsd) } },
    });
  });

/** The same step where nothing but one model alone may be planned. */
function alone(of: DecideInput): readonly CandidateRow[] {
  return decide({ ...of, policy: { ...of.policy, ladder: { ...of.policy.ladder, maxRungs: 1 } } }).candidates;
}

const ROUNDING = 2;

test('no ladder is planned that costs more than the best single model, at the rates that are believed', () => {
  let ladderCount = 0;
  fc.assert(
    fc.property(input, (of) => {
      const [chosen] = decide(of).candidates;
      const best = Math.min(...alone(of).map((row) => row.totalNanoUsd));
      if (chosen === undefined) return;
      expect(chosen.totalNanoUsd).toBeLessThanOrEqual(best + ROUNDING);
      if (chosen.ladder.length > 1) ladderCount += 1;
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(ladderCount).toBeGreaterThan(20);
});

test('each candidate goes up a ladder only where that is cheaper for it than to be taken as it is', () => {
  fc.assert(
    fc.property(input, (of) => {
      const single = new Map(alone(of).map((row) => [`${row.model} ${row.mode}`, row.totalNanoUsd]));
      for (const row of decide(of).candidates) {
        const other = single.get(`${row.model} ${row.mode}`) ?? toNanoUsd(0);
        expect(row.totalNanoUsd).toBeLessThanOrEqual(other + ROUNDING);
        if (row.ladder.length === 1) expect(Math.abs(row.totalNanoUsd - other)).toBeLessThanOrEqual(ROUNDING);
      }
    }),
    { numRuns: 400, seed: 8 },
  );
});

test('a check that is believed to refuse what is right as often as what is wrong plans no ladder', () => {
  fc.assert(
    fc.property(input, believed, (of, counts) => {
      const quantile = of.policy.ladder.pessimismQuantile;
      const blind = aVerifier({ sensitivity: counts, falseAlarm: counts });
      // Planned with pessimism it is even worse than chance.
      expect(approximateBetaQuantile(counts, quantile)).toBeLessThanOrEqual(
        approximateBetaQuantile(counts, 1 - quantile),
      );
      const [chosen] = decide({ ...of, step: { ...of.step, checks: [blind] } }).candidates;
      expect(chosen?.ladder.length ?? 1).toBe(1);
    }),
    { numRuns: 400, seed: 9 },
  );
});
