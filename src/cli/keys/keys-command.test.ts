import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parseAccessKeys } from '../../gateway/core/access-keys.ts';

const MAIN = path.resolve(import.meta.dirname, '../main.ts');
const run = promisify(execFile);

test('of keys that several processes add at once none is lost, and none lies elsewhere', async () => {
  const base = mkdtempSync(path.join(tmpdir(), 'keys-'));
  try {
    const env = { PATH: process.env['PATH'], HOME: base };
    const add = async (name: string) => run(process.execPath, [MAIN, 'keys', 'add', name], { cwd: base, env });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map(add));
    const keys = parseAccessKeys(
      readFileSync(path.join(base, '.local/share/pointsman/store/access-keys.json'), 'utf8'),
    );
    expect(keys.map(({ name }) => name).sort()).toEqual(names);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
