import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../domain/time.ts';
import { pruneTrees } from './prune-trees.ts';

const NOW = Date.UTC(2026, 10, 1);
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'trees-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function workspace(name: string, ageDays: number, byteCount: number): void {
  const folder = path.join(dir, name);
  mkdirSync(path.join(folder, 'objects', 'ab'), { recursive: true });
  writeFileSync(path.join(folder, 'objects', 'ab', 'cdef'), Buffer.alloc(byteCount));
  utimesSync(folder, (NOW - ageDays * DAY_MS) / 1000, (NOW - ageDays * DAY_MS) / 1000);
}
const left = (): readonly string[] => readdirSync(dir).filter((name) => name !== 'pruned');

describe('what is kept of workspaces', () => {
  beforeEach(() => {
    workspace('old', 40, 10);
    workspace('large', 20, 5000);
    workspace('small', 10, 10);
    workspace('today', 0.5, 9000);
  });

  test.each<readonly [string, number | undefined, number, readonly string[]]>([
    ['is bounded by age', 30 * DAY_MS, 1e9, ['large', 'small', 'today']],
    ['is bounded by bytes, the longest unused first', undefined, 9500, ['small', 'today']],
    ['is never what a job may be using', 1, 1, ['today']],
    ['stays where nothing bounds it', undefined, 1e9, ['large', 'old', 'small', 'today']],
  ])('%s', async (_what, maxAgeMs, maxBytes, expected) => {
    await pruneTrees(dir, { maxAgeMs, maxBytes, now: NOW });
    expect(left()).toEqual(expected);
  });

  test('is looked at once a day', async () => {
    const options = { maxAgeMs: 30 * DAY_MS, maxBytes: 1e9 };
    expect(await pruneTrees(dir, { ...options, now: NOW })).toBe(1);
    workspace('old', 40, 10);
    expect(await pruneTrees(dir, { ...options, now: NOW + DAY_MS / 2 })).toBe(0);
    expect(await pruneTrees(dir, { ...options, now: NOW + DAY_MS })).toBe(1);
    expect(left()).not.toContain('old');
  });
});

test('nothing is made where nothing is kept', async () => {
  await pruneTrees(path.join(dir, 'none'), { maxAgeMs: 1, maxBytes: 1, now: NOW });
  expect(existsSync(path.join(dir, 'none'))).toBe(false);
});
