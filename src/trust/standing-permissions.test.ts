import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStandingPermissions } from './standing-permissions.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'standing-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const DIGEST = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

test('a yes holds for exactly this effect in exactly this folder, until it is forgotten', () => {
  openStandingPermissions({ HOME: home }).add('/work/a b', DIGEST, 'May it run "make"?');
  const permissions = openStandingPermissions({ HOME: home });
  expect(permissions.has('/work/a b', DIGEST)).toBe(true);
  expect(permissions.has('/work/a b', OTHER)).toBe(false);
  for (const folder of ['/work/a', '/work/a b/inner', '/work', 'b']) {
    expect([folder, permissions.has(folder, DIGEST), permissions.of(folder)]).toEqual([folder, false, []]);
  }
  expect(permissions.of('/work/a b')).toEqual(['May it run "make"?']);
  permissions.add('/work/c', DIGEST, 'There too?');
  permissions.forget('/work/a b');
  expect(permissions.has('/work/a b', DIGEST)).toBe(false);
  expect(permissions.has('/work/c', DIGEST)).toBe(true);
});

test('without a folder of the user nothing is remembered, and that is said', () => {
  const permissions = openStandingPermissions({});
  expect(() => permissions.add('/work', DIGEST, 'May it?')).toThrow(
    expect.objectContaining({ code: 'config-invalid', hint: expect.stringContaining('this job only') as string }),
  );
  expect(permissions.has('/work', DIGEST)).toBe(false);
});
