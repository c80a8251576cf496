import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { aPolicy } from '../../testing/decision-builders.ts';
import { modelId } from '../../testing/model-builders.ts';
import { certificatesIn, policyDigest, whyOutOfDate, type SavedCertificate } from './certificate-file.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-certificates-'));
afterAll(() => rmSync(dir, { recursive: true }));

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

test('one promise a policy is kept, the latest, for its owner alone', async () => {
  const place = path.join(dir, 'store');
  const store = certificatesIn(place);
  expect(await store.read()).toEqual([]);
  await store.save(saved());
  await store.save(saved({ policyId: 'other' }));
  await store.save(saved({ worseByRatio: 0.1 }));
  expect((await store.read()).map(({ policyId, worseByRatio }) => [policyId, worseByRatio])).toEqual([
    ['other', 0.05],
    [policy.id, 0.1],
  ]);
  expect(readdirSync(place)).toEqual(['certificates.json']);
  expect(statSync(path.join(place, 'certificates.json')).mode & 0o077).toBe(0);
});

test.each(['', '{', '{"v":2,"certificates":[]}', '{"v":1,"certificates":[{"kinds":[]}]}'])(
  'a file that is none of ours (%j) is said to be so, and is not written over',
  async (text) => {
    writeFileSync(path.join(dir, 'certificates.json'), text);
    const store = certificatesIn(dir);
    await expect(store.read()).rejects.toMatchObject({ code: 'artifact-invalid' });
    await expect(store.save(saved())).rejects.toMatchObject({ code: 'artifact-invalid' });
    rmSync(path.join(dir, 'certificates.json'));
  },
);

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
