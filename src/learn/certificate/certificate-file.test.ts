import { expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { aPolicy } from '../../testing/decision-builders.ts';
import { modelId } from '../../testing/model-builders.ts';
import { policyDigest, whyOutOfDate, type SavedCertificate } from './certificate-file.ts';

const policy: RouterPolicy = aPolicy();
const saved = (over: Partial<SavedCertificate> = {}): SavedCertificate => ({
  madeAt: 1_793_620_800_000,
  policyId: policy.id,
  policyDigest: policyDigest(policy),
  models: ['a', 'b'],
  predictorVersion: 'p1',
  referenceModel: 'a',
  rowsName: 'held-out.jsonl',
  rowsSha256: 'f'.repeat(64),
  worseByRatio: 0.05,
  confidenceRatio: 0.95,
  kinds: [
    { kind: 'code', rowCount: 200, notch: 6 },
    { kind: 'plan', rowCount: 12 },
  ],
  ...over,
});

test('what is tried of a policy, and the mark of what was learned, are no rules of it; what was learned is', () => {
  const digest = policyDigest(policy);
  const { dial, frontierPenaltyRatio, failureNanoUsd, denyModels, ladder } = policy;
  const instead = { dial, frontierPenaltyRatio, failureNanoUsd, denyModels, ladder };
  const learned = { settings: ['dial: 9'], instead };
  expect(policyDigest({ ...policy, trial: { dial: 5 } })).toBe(digest);
  expect(policyDigest({ ...policy, learned })).toBe(digest);
  expect(policyDigest({ ...policy, learned, frontierPenaltyRatio: 0.77 })).not.toBe(digest);
});

test('a promise stands at any dial and version of its policy, at any host of its models, and falls with whatever else chooses', () => {
  const pool = [{ id: modelId('a') }, { id: modelId('host/b') }];
  const now = { policy, pool, predictorVersion: 'p1' };
  expect(whyOutOfDate(saved(), { ...now, policy: { ...policy, dial: 9, version: 7 } })).toBeUndefined();
  expect(whyOutOfDate(saved(), { ...now, pool: [] })).toBeUndefined();
  const others = loadCatalog().models.slice(0, 1);
  expect(
    [
      { policy: { ...policy, frontierPenaltyRatio: 0.77 } },
      { predictorVersion: 'p2' },
      { pool: [...pool, ...others] },
      { pool: pool.slice(1) },
    ].map((other) => whyOutOfDate(saved(), { ...now, ...other })),
  ).toEqual([
    'the policy has changed since',
    'another predictor chooses now',
    `the rows said nothing of ${others[0]?.id}`,
    'a cannot be chosen here',
  ]);
});
