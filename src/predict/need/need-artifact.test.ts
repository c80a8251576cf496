import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadNeedArtifact, writeNeedArtifact, type NeedArtifact } from './need-artifact.ts';
import { openNeedHead } from './need-head.ts';
import { packBytes } from './pack-bytes.ts';
import { shippedNeed } from './shipped-need.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-need-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const { sha256: _, ...shipped } = shippedNeed();
const { head } = shipped;
const withHead = (part: Partial<NeedArtifact['head']>): typeof shipped => ({ ...shipped, head: { ...head, ...part } });
const zeros = (count: number): string => packBytes(new Uint8Array(count), 1);

/** A file whose checksum is right, whatever is in it. */
function written(artifact: Omit<NeedArtifact, 'sha256'>): string {
  const file = path.join(folder, 'need.json');
  writeFileSync(file, writeNeedArtifact(artifact));
  return file;
}

describe('a reader of steps in a file', () => {
  test('is what was written', () => {
    expect(loadNeedArtifact(written(shipped))).toEqual(shippedNeed());
  });

  test.each<[string, () => Omit<NeedArtifact, 'sha256'>]>([
    ['weights that are not packed', () => withHead({ rows: 'bm90IHBhY2tlZA==' })],
    ['no weights', () => withHead({ rows: '' })],
    ['features that are not packed', () => withHead({ hashes: '%%%' })],
    ['half a feature', () => withHead({ hashes: zeros(6), rows: zeros(21) })],
    ['fewer weights than features', () => withHead({ rows: zeros(21) })],
    ['weights that fill the memory', () => withHead({ rows: zeros(2 ** 28) })],
    ['features that fill the memory', () => withHead({ hashes: zeros(2 ** 28) })],
    ['a scale past every sum', () => withHead({ scales: head.scales.map(() => 1e308) })],
    ['a sharpness past every sum', () => withHead({ sharpness: head.sharpness.map(() => 1e300) })],
    ['an intercept past every sum', () => withHead({ intercepts: head.intercepts.map(() => -1e308) })],
    ['group weights past every sum', () => ({ ...shipped, groupWeights: shipped.groupWeights.map(() => 1e308) })],
    [
      'an encoder cut in a row',
      () => ({ ...shipped, encoder: { ...(shipped.encoder ?? expect.fail()), rows: zeros(22) } }),
    ],
  ])('is refused with %s, though its checksum is right', (_name, hostile) => {
    const artifact = hostile();
    expect(() => loadNeedArtifact(written(artifact))).toThrow(expect.objectContaining({ code: 'artifact-invalid' }));
  });

  test('is refused as such by whoever opens it without a file', () => {
    const broken = { ...withHead({ rows: '' }), sha256: '' };
    expect(() => openNeedHead(broken)).toThrow(expect.objectContaining({ code: 'artifact-invalid' }));
  });
});
