import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { walkWorkspace } from './walk-files.ts';

// Git is started at every draw.
vi.setConfig({ testTimeout: 60_000 });

let top = '';
beforeAll(() => {
  top = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-ignore-')));
  execFileSync('git', ['init', '-q', '--bare', path.join(top, 'git')]);
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** What git would put into a repository of this folder. */
function byGit(root: string): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: top,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_DIR: path.join(top, 'git'),
      GIT_WORK_TREE: root,
    },
  });
  return listed.split('\0').filter((name) => name !== '' && !name.endsWith('/'));
}

async function byWalk(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const options = { closed: [], everything: false, signal: new AbortController().signal };
  for await (const { relative, isFolder } of walkWorkspace(root, root, options)) if (!isFolder) found.push(relative);
  return found;
}

const NAMES = [
  'a',
  'b',
  'ab',
  'a.log',
  'B',
  'a b',
  'x ',
  '#a',
  '!a',
  'a[1]',
  'a*b',
  'a\\b',
  '-',
  'zoé',
  'a.b.c',
  '{a,b}',
] as const;
const name = fc.constantFrom(...NAMES);
const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
// Not `a**` before a slash: there git goes by the length of the literal part, and not by what gitignore(5) says.
const piece = fc.oneof(
  { weight: 3, arbitrary: name },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '*',
      '**',
      '***',
      '?',
      'a*',
      '*.log',
      '*b',
      '[ab]',
      '[!a]',
      '[^a]',
      '[a-b]',
      '[]a]',
      '[!]a]',
      '[[:alpha:]]',
      '[[:alpha:]b]',
      '\\#a',
      '\\!a',
      'a\\[1\\]',
      'a\\*b',
      'a\\ b',
      'x\\ ',
      '[a',
      'a]',
      '{a,b}',
      '[A-Z]',
      '.*',
      '\\a',
      'a\\\\b',
      '**a',
    ),
  },
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '/', '!/', '**/', '#', ' '),
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '', '/', '/**', '/*', ' ', '  ', '\t', '\\ '),
  )
  .map(([before, pieces, after]) => `${before}${pieces.join('/')}${after}`);
const rules = fc
  .tuple(
    fc.constantFrom('', '', '\uFEFF'),
    fc.array(line, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([mark, lines, end, isEnded]) => mark + lines.join(end) + (isEnded ? end : ''));

test('what trees and searches leave out is what git ignores, whatever its files say', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(place, { minLength: 2, maxLength: 10 }),
      rules,
      fc.option(fc.tuple(name, rules), { nil: undefined }),
      fc.boolean(),
      async (places, atRoot, below, isLinked) => {
        const root = path.join(top, 'work');
        rmSync(root, { recursive: true, force: true });
        mkdirSync(root);
        const put = (relative: string, text: string): void => {
          try {
            mkdirSync(path.dirname(path.join(root, relative)), { recursive: true });
            writeFileSync(path.join(root, relative), text);
          } catch {
            // A file stands where a folder should, or the other way round.
          }
        };
        for (const one of places) put(one, '');
        if (isLinked) symlinkSync('.', path.join(root, 'link'));
        put('.gitignore', atRoot);
        if (below !== undefined) put(`${below[0]}/.gitignore`, below[1]);
        expect([...(await byWalk(root))].sort()).toEqual([...byGit(root)].sort());
      },
    ),
    { numRuns: 150 },
  );
});
