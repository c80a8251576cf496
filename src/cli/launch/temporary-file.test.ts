import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeTemporary } from './temporary-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'temporary-'));
  vi.stubEnv('TMPDIR', folder);
  vi.stubEnv('TEMP', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const MODULE = path.join(import.meta.dirname, 'temporary-file.ts');

/** What a process leaves that is killed before it can take anything away. */
function leftBehind(kind: string): string {
  const script = `import { writeTemporary } from ${JSON.stringify(MODULE)};
    process.stdout.write(writeTemporary('${kind}', 'keys.json', 'sk-secret').file);
    process.stdout.end(() => process.kill(process.pid, 'SIGKILL'));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  expect(readFileSync(stdout, 'utf8')).toBe('sk-secret');
  return stdout;
}

describe.skipIf(process.platform === 'win32')('a file for as long as a process lives', () => {
  test('is its owner’s alone, and taken away with its folder', () => {
    const { file, remove } = writeTemporary('launch', 'a.json', 'text');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['text', 0o600]);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    remove();
    expect(existsSync(path.dirname(file))).toBe(false);
  });

  test('that a killed process has left goes with the next one; that of a living one stays', () => {
    const living = writeTemporary('launch', 'a.json', 'mine');
    const left = leftBehind('launch');
    const other = leftBehind('hook');
    writeTemporary('launch', 'b.json', 'next');
    expect([left, path.dirname(left), living.file, other].map((file) => existsSync(file))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('takes nothing away that only has such a name', () => {
    const left = path.basename(path.dirname(leftBehind('launch')));
    const aimed = path.join(folder, 'aimed');
    mkdirSync(aimed);
    writeFileSync(path.join(aimed, 'keep'), '');
    const names = [left.slice(0, -2), left.replace(/-\d+-/u, '-0-'), left.replace(/-\d+-/u, '-x-'), 'launch-notes'];
    for (const name of names.slice(1)) mkdirSync(path.join(folder, name));
    symlinkSync(aimed, path.join(folder, names[0] ?? ''));
    writeTemporary('launch', 'b.json', 'next');
    expect(existsSync(path.join(folder, left))).toBe(false);
    for (const name of [...names, 'aimed/keep']) expect(existsSync(path.join(folder, name)), name).toBe(true);
  });
});
