import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { aPolicy } from '../../testing/decision-builders.ts';
import {
  policyDigest,
  readCertificates,
  saveCertificate,
  whyOutOfDate,
  type SavedCertificate,
} from './certificate-file.ts';

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

test('one promise a policy is kept, the latest, for its owner alone', () => {
  expect(readCertificates(dir)).toEqual([]);
  const place = path.join(dir, 'store');
  saveCertificate(place, saved());
  saveCertificate(place, saved({ policyId: 'other' }));
  saveCertificate(place, saved({ worseByRatio: 0.1 }));
  expect(readCertificates(place).map(({ policyId, worseByRatio }) => [policyId, worseByRatio])).toEqual([
    ['other', 0.05],
    [policy.id, 0.1],
  ]);
  expect(readdirSync(place)).toEqual(['certificates.json']);
  expect(statSync(path.join(place, 'certificates.json')).mode & 0o077).toBe(0);
});

test.each(['', '{', '{"v":2,"certificates":[]}', '{"v":1,"certificates":[{"kinds":[]}]}'])(
  'a file that is none of ours (%j) is said to be so, and is not written over',
  (text) => {
    writeFileSync(path.join(dir, 'certificates.json'), text);
    expect(() => readCertificates(dir)).toThrow(expect.objectContaining({ code: 'artifact-invalid' }));
    expect(() => saveCertificate(dir, saved())).toThrow(expect.objectContaining({ code: 'artifact-invalid' }));
    rmSync(path.join(dir, 'certificates.json'));
  },
);

test('a promise stands at any dial and version of its policy, and falls with a rule or a model that the rows did not know', () => {
  const pool = [{ id: 'a' }, { id: 'b' }] as unknown as Parameters<typeof whyOutOfDate>[2];
  expect(whyOutOfDate(saved(), { ...policy, dial: 9, version: 7 }, pool)).toBeUndefined();
  expect(whyOutOfDate(saved(), { ...policy, frontierPenaltyRatio: 0.77 }, pool)).toContain('policy has changed');
  const others = loadCatalog().models.slice(0, 1);
  expect(whyOutOfDate(saved(), policy, others)).toContain(others[0]?.id);
});
