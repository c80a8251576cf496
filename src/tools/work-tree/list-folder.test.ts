import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { listingOf } from './list-folder.ts';

const tops: string[] = [];
afterEach(() => {
  for (const top of tops.splice(0)) rmSync(top, { recursive: true, force: true });
});

function git(cwd: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@localhost', '-c', 'core.quotePath=false'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

type Thing = readonly [folder: string, kind: 'file' | 'tracked' | 'empty' | 'repository' | 'link' | 'bare-dot-git'];

const thing: fc.Arbitrary<Thing> = fc.tuple(
  fc.constantFrom('a', 'a/b', 'a/b/c', 'b', 'b/out', 'out', 'out/deep', 'x y', 'über/Ω', 'node_modules/p'),
  fc.constantFrom('file', 'file', 'tracked', 'empty', 'repository', 'link', 'bare-dot-git'),
);

function build(folder: string, things: readonly Thing[], ignored: string): void {
  mkdirSync(folder);
  git(folder, 'init', '-q');
  writeFileSync(path.join(folder, '.gitignore'), ignored);
  for (const [index, [at, kind]] of things.entries()) {
    const name = path.join(folder, at, `n${index}`);
    mkdirSync(kind === 'file' || kind === 'tracked' || kind === 'link' ? path.dirname(name) : name, {
      recursive: true,
    });
    if (kind === 'file' || kind === 'tracked') writeFileSync(name, '');
    if (kind === 'tracked') git(folder, 'add', '-f', name);
    if (kind === 'link') symlinkSync('nowhere', name);
    if (kind === 'bare-dot-git') mkdirSync(path.join(name, '.git'));
    if (kind === 'repository') {
      git(name, 'init', '-q');
      writeFileSync(path.join(name, 'inside'), '');
    }
  }
}

/** What git itself says, in as many questions as it takes. */
function asGitSays(folder: string): { readonly files: readonly string[]; readonly repositories: readonly string[] } {
  const names = git(folder, 'ls-files', '-z', '-c', '-o', '--exclude-standard', '-x', 'node_modules/')
    .split('\0')
    .filter((name) => name !== '');
  return {
    files: names.filter((name) => !name.endsWith('/')).sort(),
    repositories: names.flatMap((name) => (name.endsWith('/') ? [name.slice(0, -1)] : [])).sort(),
  };
}

test('a folder is listed as git lists it, whatever lies in it', async () => {
  const options = { git: 'git', path: process.env['PATH'] ?? '', home: undefined, emptyGitDir: '/nowhere' };
  await fc.assert(
    fc.asyncProperty(
      fc.array(thing, { maxLength: 9 }),
      fc.constantFrom('', 'out/\n', 'out/\n!out/deep/\n', 'n1\nn3\n', '/a/*\n!/a/b\n'),
      async (things, ignored) => {
        const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-listed-')));
        tops.push(top);
        const folder = path.join(top, 'work');
        build(folder, things, ignored);
        const listed = await listingOf(folder, options);
        const { files, repositories } = asGitSays(folder);
        expect(listed?.files.toSorted()).toEqual(files);
        expect(listed?.repositories.toSorted()).toEqual(repositories);
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

test('what git cannot say of either is not taken for nothing', async () => {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'list-folder-')));
  tops.push(top);
  build(path.join(top, 'one'), [['a', 'tracked']], '');
  const fails = path.join(top, 'git');
  // Only when asked for what is ignored.
  writeFileSync(fails, '#!/bin/sh\ncase "$*" in *--ignored*) exit 1;; esac\nexec git "$@"\n', { mode: 0o755 });
  const options = { path: process.env['PATH'] ?? '', home: undefined, emptyGitDir: '/nowhere' };
  expect(await listingOf(path.join(top, 'one'), { ...options, git: 'git' })).toMatchObject({
    files: ['.gitignore', 'a/n0'],
  });
  expect(await listingOf(path.join(top, 'one'), { ...options, git: fails })).toBeUndefined();
});
