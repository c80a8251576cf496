import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { SavedCertificate } from '../../learn/certificate/certificate-file.ts';
import { certificatesIn } from './open-certificates.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-certificates-'));
afterAll(() => rmSync(dir, { recursive: true }));

const saved = (over: Partial<SavedCertificate> = {}): SavedCertificate => ({
  madeAt: 1_793_620_800_000,
  policyId: 'mine',
  policyDigest: 'd1',
  models: ['a', 'b'],
  predictorVersion: 'p1',
  referenceModel: 'a',
  rowsName: 'held-out.jsonl',
  rowsSha256: 'f'.repeat(64),
  worseByRatio: 0.05,
  confidenceRatio: 0.95,
  kinds: [{ kind: 'code', rowCount: 200, notch: 6 }],
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
    ['mine', 0.1],
  ]);
  expect(readdirSync(place).toSorted()).toEqual(['certificates.json', 'certificates.lock']);
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

test('a promise that took the place of another meanwhile is not taken back with it', async () => {
  const store = certificatesIn(path.join(dir, 'replaced'));
  const [first, second] = [saved(), saved({ worseByRatio: 0.1 })];
  await store.save(second);
  await store.remove(first);
  expect(await store.read()).toEqual([second]);
  await store.remove(second);
  expect(await store.read()).toEqual([]);
});

test('what several processes save at once is all kept', async () => {
  const place = path.join(dir, 'shared');
  const program = `
    import { certificatesIn } from ${JSON.stringify(path.join(import.meta.dirname, 'open-certificates.ts'))};
    const [place, policyId, text] = process.argv.slice(1);
    for (let n = 0; n < 20; n += 1) await certificatesIn(place).save({ ...JSON.parse(text), policyId: policyId + n });
  `;
  const ended = ['a', 'b', 'c'].map(async (name) => {
    const args = ['--input-type=module-typescript', '-e', program, place, name, JSON.stringify(saved())];
    return once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  });
  for (const [code] of await Promise.all(ended)) expect(code).toBe(0);
  expect(await certificatesIn(place).read()).toHaveLength(60);
});

test('a file that cannot be read is said to be so by its name', async () => {
  const place = path.join(dir, 'folder');
  mkdirSync(path.join(place, 'certificates.json'), { recursive: true });
  await expect(certificatesIn(place).read()).rejects.toMatchObject({
    code: 'record-unreadable',
    message: expect.stringContaining('certificates.json'),
  });
});
