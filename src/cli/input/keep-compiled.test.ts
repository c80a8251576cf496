import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-compiled-'));
  writeFileSync(path.join(folder, 'heavy.mjs'), `export const heavy = ${JSON.stringify('x'.repeat(5000))};\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Loads a module after `keepCompiled`, in a process of its own. */
function start(env: Readonly<Record<string, string>>): { readonly status: number | null; readonly stderr: string } {
  const source = path.join(import.meta.dirname, 'keep-compiled.ts');
  const heavy = path.join(folder, 'heavy.mjs');
  const code = `import { keepCompiled } from ${JSON.stringify(source)}; keepCompiled(process.env); await import(${JSON.stringify(heavy)});`;
  const options = { cwd: folder, env: { HOME: folder, ...env }, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', code], options);
}

const kept = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));

describe('what V8 compiled', () => {
  test('is kept in the user’s cache folder, which nobody else may read', () => {
    expect(start({}).status).toBe(0);
    const root = path.join(folder, '.cache', 'pointsman', 'compiled');
    expect(kept(root).length).toBeGreaterThan(0);
    expect(statSync(root).mode & 0o077).toBe(0);
  });

  test('is kept where XDG_CACHE_HOME says', () => {
    start({ XDG_CACHE_HOME: path.join(folder, 'xdg') });
    expect(kept(path.join(folder, 'xdg', 'pointsman', 'compiled')).length).toBeGreaterThan(0);
    expect(existsSync(path.join(folder, '.cache'))).toBe(false);
  });

  test('is not kept where the environment wants none, nor where no folder can be made', () => {
    expect(start({ NODE_DISABLE_COMPILE_CACHE: '1' }).status).toBe(0);
    expect(existsSync(path.join(folder, '.cache'))).toBe(false);
    writeFileSync(path.join(folder, 'file'), '');
    expect(start({ XDG_CACHE_HOME: path.join(folder, 'file') })).toMatchObject({ status: 0, stderr: '' });
  });

  test.each(['', 'xdg', './xdg'])(
    'is never kept in the folder of the work, as XDG_CACHE_HOME="%s" would have it',
    (stated) => {
      start({ XDG_CACHE_HOME: stated });
      expect(existsSync(path.join(folder, 'pointsman'))).toBe(false);
      expect(existsSync(path.join(folder, 'xdg'))).toBe(false);
      expect(kept(path.join(folder, '.cache')).length).toBeGreaterThan(0);
      expect(start({ HOME: 'home', XDG_CACHE_HOME: stated })).toMatchObject({ status: 0, stderr: '' });
      expect(existsSync(path.join(folder, 'home'))).toBe(false);
    },
  );

  test.each(['pointsman', 'pointsman/compiled'])('is neither read nor kept where others may write %s', (open) => {
    const root = path.join(folder, 'shared', 'pointsman', 'compiled');
    mkdirSync(root, { recursive: true, mode: 0o700 });
    chmodSync(path.join(folder, 'shared', open), 0o777);
    expect(start({ XDG_CACHE_HOME: path.join(folder, 'shared') })).toMatchObject({ status: 0, stderr: '' });
    expect(kept(root)).toEqual([]);
  });

  test('is not kept where a link leads elsewhere', () => {
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(path.join(folder, 'xdg'));
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, path.join(folder, 'xdg', 'pointsman'));
    start({ XDG_CACHE_HOME: path.join(folder, 'xdg') });
    expect(kept(elsewhere)).toEqual([]);
  });
});
