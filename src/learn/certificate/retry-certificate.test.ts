import { expect, test } from 'vitest';
import type { CertificateStore, SavedCertificate } from './certificate-file.ts';
import { retryCertificate } from './retry-certificate.ts';

const PROMISE: SavedCertificate = {
  madeAt: 1_793_620_800_000,
  policyId: 'mine',
  policyDigest: 'd1',
  models: ['a', 'b'],
  predictorVersion: 'p1',
  referenceModel: 'host/a',
  rowsName: 'first.jsonl',
  rowsSha256: 'f'.repeat(64),
  worseByRatio: 0.05,
  confidenceRatio: 0.95,
  kinds: [{ kind: 'code', rowCount: 200, notch: 6 }],
};

/** A run that asked what was promised, with rows enough, and proved nothing. */
const FAILED: SavedCertificate = { ...PROMISE, rowsName: 'second.jsonl', kinds: [{ kind: 'code', rowCount: 59 }] };

/** What becomes of the promise where each kind takes 59 rows, and what is kept afterwards. */
async function retried(failed: SavedCertificate): Promise<readonly [kind: string | undefined, keptCount: number]> {
  let kept: readonly SavedCertificate[] = [PROMISE];
  const store: CertificateStore = {
    read: async () => kept,
    save: async () => expect.fail('nothing was proved'),
    remove: async (certificate) => void (kept = kept.filter((one) => one !== certificate)),
  };
  const earlier = await retryCertificate(store, failed, new Map([['code', 59]]));
  return [earlier?.kind, kept.length];
}

test.each([
  ['just what was promised', {}],
  ['more leeway than was promised', { worseByRatio: 0.1 }],
  ['less confidence than was promised', { confidenceRatio: 0.9 }],
  ['the same reference at another host', { referenceModel: 'a' }],
  ['the same models in another order', { models: ['host/b', 'a'] }],
] as const)('a run that asked for %s and failed takes the promise back', async (_, over) => {
  expect(await retried({ ...FAILED, ...over })).toEqual(['taken-back', 0]);
});

test.each([
  ['asked for less loss', { worseByRatio: 0.01 }],
  ['asked for more confidence', { confidenceRatio: 0.99 }],
  ['compared with another model', { referenceModel: 'b' }],
  ['had a row too few', { kinds: [{ kind: 'code', rowCount: 58 }] }],
  ['held another state of the policy', { policyDigest: 'd2' }],
  ['chose with another predictor', { predictorVersion: 'p2' }],
  ['chose among other models', { models: ['a', 'b', 'c'] }],
  ['was about another kind', { kinds: [{ kind: 'plan', rowCount: 500 }] }],
] as const)('a run that %s says nothing against it', async (_, over) => {
  expect(await retried({ ...FAILED, ...over })).toEqual(['stands', 1]);
});

test('what was promised of another policy is not looked at', async () => {
  expect(await retried({ ...FAILED, policyId: 'other' })).toEqual([undefined, 1]);
});
