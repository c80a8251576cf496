import { expect, test } from 'vitest';
import type { CandidateRow } from '../../domain/decision.ts';
import { asId, type ModelId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { VERIFIER_PRIORS, TESTS } from '../../learn/beliefs/verifier-priors.ts';
import { worthBeside } from './worth-beside.ts';

function row(of: { readonly bill: number; readonly waiting: number; readonly success: number }): CandidateRow {
  return {
    model: asId<ModelId>('m'),
    mode: 'isolate',
    tokens: { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0 },
    billNanoUsd: toNanoUsd(of.bill),
    frontierPenaltyNanoUsd: toNanoUsd(0),
    failureNanoUsd: toNanoUsd(0),
    latencyNanoUsd: toNanoUsd(of.waiting),
    ladderNanoUsd: toNanoUsd(0),
    futureNanoUsd: toNanoUsd(0),
    totalNanoUsd: toNanoUsd(0),
    successRatio: of.success,
    driftRatio: 0,
    warmTokens: 0,
    ladder: [],
  };
}

const NAMED = { ...TESTS, ...VERIFIER_PRIORS['named-tests'], kind: 'named-tests' as const };
const POLICY = { ladder: { maxRungs: 2 as const, pessimismQuantile: 0.5 } };
const rows = (success: number, waiting: number, bill = 100): Parameters<typeof worthBeside>[0] => ({
  first: row({ bill: 100, waiting, success }),
  other: row({ bill, waiting, success: 0.9 }),
  family: 'claude',
});

test('a second attempt at once pays where the first is likely to be rejected and waiting is dear', () => {
  expect(worthBeside(rows(0.3, 1000), [NAMED], POLICY)).toBeDefined();
});

test.each([
  ['nothing would reject the first', rows(0.3, 1000), []],
  ['waiting costs nothing', rows(0.3, 0), [NAMED]],
  ['the first is likely right', rows(0.99, 200), [NAMED]],
  ['its bill is high', rows(0.3, 1000, 100_000), [NAMED]],
  ['the tests are believed to see little', rows(0.8, 300), [{ ...TESTS, sensitivity: { yes: 1, no: 99 } }]],
])('it does not where %s', (_what, given, checks) => {
  expect(worthBeside(given, checks, POLICY)).toBeUndefined();
});
