import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeFolder } from './remove-folder.ts';

let top = '';
beforeEach(() => {
  top = realpathSync(mkdtempSync(path.join(tmpdir(), 'remove-folder-')));
  mkdirSync(path.join(top, 'kept/inside'), { recursive: true });
  writeFileSync(path.join(top, 'kept/file'), '');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

test('a folder goes with all that lies in it, and nothing that links lead to', async () => {
  const folder = path.join(top, 'gone');
  for (const name of ['a/b/c', 'a/empty']) mkdirSync(path.join(folder, name), { recursive: true });
  for (const name of ['.hidden', 'a/one', 'a/b/two', 'a/b/c/three'])
    writeFileSync(path.join(folder, name), '', { mode: 0o400 });
  symlinkSync(path.join(top, 'kept'), path.join(folder, 'a/link'));
  symlinkSync('nowhere', path.join(folder, 'a/b/dangling'));
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync(path.join(top, 'kept')).sort()).toEqual(['file', 'inside']);
});

test('a link in the place of the folder goes alone, and what is not there is no hindrance', async () => {
  symlinkSync('kept', path.join(top, 'link'));
  await removeFolder(path.join(top, 'link'));
  await removeFolder(path.join(top, 'link'));
  expect(readdirSync(top)).toEqual(['kept']);
  expect(readdirSync(path.join(top, 'kept')).sort()).toEqual(['file', 'inside']);
});
