import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyHunks } from './apply-hunks.ts';
import { applyPatch } from './apply-patch.ts';
import { parsePatch, patchedPaths, writtenText } from './parse-patch.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-patch-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, text: string | Buffer): void => {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
};
const read = (name: string): string => readFileSync(path.join(root, name), 'latin1');
const update = (...lines: readonly string[]): string =>
  ['*** Begin Patch', '*** Update File: f', ...lines, '*** End Patch'].join('\n');
const diff = (...lines: readonly string[]): string => ['--- a/f', '+++ b/f', ...lines].join('\n');

const TWICE = 'class A:\n  def f():\n    return 1\n\nclass B:\n  def f():\n    return 1\n';

test.each<readonly [string, string, string, string]>([
  ['a line', 'a\nb\nc\n', update('@@', ' a', '-b', '+B', ' c'), 'a\nB\nc\n'],
  ['without a line @@', 'a\nb\nc\n', update(' a', '-b', '+B'), 'a\nB\nc\n'],
  ['line ends of DOS', 'a\r\nb\r\nc\r\n', update('-b', '+B', '+D'), 'a\r\nB\r\nD\r\nc\r\n'],
  ['a patch with line ends of DOS', 'a\nb\n', update('-b', '+B').replaceAll('\n', '\r\n'), 'a\nB\n'],
  ['two kinds of line ends', 'a\r\nb\nc\r\n', update(' a', '+x', ' b'), 'a\r\nx\r\nb\nc\r\n'],
  ['no end at the end', 'a\nb', update('-b', '+B', '+C'), 'a\nB\nC'],
  ['more behind a file without an end', 'a\nb', update(' b', '+c', '*** End of File'), 'a\nb\nc'],
  ['an empty file', '', update('+a', '+b'), 'a\nb\n'],
  ['the end of a file, with no line beside it', 'a\nb\n', update('+c'), 'a\nb\nc\n'],
  ['a blank line whose blank was lost', 'a\n\nb\n', update(' a', '', '-b', '+B'), 'a\n\nB\n'],
  ['an empty line before the next part', 'a\nb\nc\nd\n', update('-a', '+A', '', '@@', '-d', '+D'), 'A\nb\nc\nD\n'],
  [
    'blanks at the ends of lines that the model has lost',
    'a  \nb\t\nc\n',
    update(' a', '-b', '+B', ' c'),
    'a  \nB\nc\n',
  ],
  ['quotes that the model wrote otherwise', 'say “a” – b\nc\n', update(' say "a" - b', '-c', '+d'), 'say “a” – b\nd\n'],
  ['below its heading', TWICE, update('@@ class B:', '-    return 1', '+    return 2'), TWICE.replace(/1\n$/u, '2\n')],
  [
    'below two headings',
    TWICE,
    update('@@ class B:', '@@ def f():', '-    return 1', '+    return 2'),
    TWICE.replace(/1\n$/u, '2\n'),
  ],
  ['right below a heading', 'a\nb\nc\n', update('@@ b', '+x'), 'a\nb\nx\nc\n'],
  ['both of two like places', 'x\n1\nx\n1\n', update('-1', '+2', '@@', '-1', '+2'), 'x\n2\nx\n2\n'],
  ['several places in order', 'a\nb\nc\nd\n', update('-a', '+A', '@@', ' c', '-d', '+D'), 'A\nb\nc\nD\n'],
  ['the last of several, at the end', 'x\ny\nx\n', update('-x', '+z', '*** End of File'), 'x\ny\nz\n'],
  ['within words of a shell', 'a\n', `apply_patch <<'EOF'\n${update('-a', '+b')}\nEOF\n`, 'b\n'],
  ['within a fence', 'a\n', `\`\`\`diff\n${update('-a', '+b')}\n\`\`\``, 'b\n'],
  ['lines that look like marks', '-- a\n++ b\n', update('--- a', '+-- A', ' ++ b'), '-- A\n++ b\n'],
  ['as a diff', 'a\nb\nc\n', diff('@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c'), 'a\nB\nc\n'],
  ['as a diff with wrong numbers', 'a\nb\nc\n', diff('@@ -40,9 +41,2 @@ fn()', ' a', '-b', '+B', ' c'), 'a\nB\nc\n'],
  [
    'as a diff whose number says which',
    TWICE,
    diff('@@ -7 +7 @@', '-    return 1', '+    return 2'),
    TWICE.replace(/1\n$/u, '2\n'),
  ],
  ['as a diff without context', 'a\nb\n', diff('@@ -1,0 +2 @@', '+x'), 'a\nx\nb\n'],
  [
    'as a diff that ends a last line',
    'a\nb',
    diff('@@ -1,2 +1,2 @@', ' a', '-b', '\\ No newline at end of file', '+b'),
    'a\nb\n',
  ],
  [
    'as a diff that leaves a last line open',
    'a\nb\n',
    diff('@@ -1,2 +1,2 @@', ' a', '-b', '+b', '\\ No newline at end of file'),
    'a\nb',
  ],
  [
    'as a diff with times',
    'a\n',
    '--- f\t2026-01-01 00:00:00\n+++ f\t2026-01-02 00:00:00\n@@ -1 +1 @@\n-a\n+b\n',
    'b\n',
  ],
  ['as git writes it', 'a\n', `diff --git a/f b/f\nindex 1..2 100644\n${diff('@@ -1 +1 @@', '-a', '+b')}\n`, 'b\n'],
])('changes %s, and nothing else', async (_what, before, patch, after) => {
  put('f', before);
  await applyPatch(root, patch);
  expect(readFileSync(path.join(root, 'f'), 'utf8')).toBe(after);
});

test.each<readonly [string, string, string, RegExp]>([
  [
    'stands at two places',
    TWICE,
    update('-    return 1', '+    return 2'),
    /2 places of f, and nothing was changed:\nline 3: {5}return 1\nline 7/u,
  ],
  [
    'stands below a heading that stands twice',
    TWICE,
    update('@@ def f():', '-    return 1', '+    return 2'),
    /2 places/u,
  ],
  ['is not there', 'a\n', update('-b', '+c'), /do not stand in f, and nothing was changed/u],
  ['is there with other blanks', 'a\n\tb\n', update('-  b', '+  c'), /is like\nline 2: "\\tb"/u],
  ['is not below its heading', 'a\nb\n', update('@@ c', '-b', '+d'), /below "c"/u],
  [
    'is given in another order',
    'a\nb\n',
    update('-b', '+B', '@@', '-a', '+A'),
    /Part 2 for f stands at line 1, above/u,
  ],
  ['is cut', 'a\n', '*** Begin Patch\n*** Update File: f\n-a\n+b\n', /may have been cut/u],
  ['changes nothing', 'a\n', update(' a'), /changes nothing in f/u],
  ['is no patch', 'a\n', 'replace a by b', /neither with/u],
  ['has lines without a mark', 'a\n', update('-a', 'b'), /"b" for f begins neither/u],
  ['is binary', 'a\n', 'diff --git a/f b/f\nGIT binary patch\nliteral 1\n', /binary file/u],
])('refuses what %s', async (_what, before, patch, why) => {
  put('f', before);
  await expect(applyPatch(root, patch)).rejects.toThrow(why);
  expect(read('f')).toBe(before);
});

describe('of several files', () => {
  const SEVERAL = [
    '*** Begin Patch',
    '*** Add File: new/one.txt',
    '+one',
    '+',
    '+two',
    '*** Update File: old.txt',
    '*** Move to: moved/here.txt',
    '@@',
    '-a',
    '+b',
    '*** Delete File: gone.txt',
    '*** End Patch',
  ].join('\n');

  test('all is done, in the encoding and with the mode that each has', async () => {
    put('old.txt', Buffer.from('a\nM\u00fcller\n', 'latin1'));
    chmodSync(path.join(root, 'old.txt'), 0o755);
    put('gone.txt', 'x');
    expect(await applyPatch(root, SEVERAL)).toMatch(
      /Added new\/one.txt[^]*Moved old.txt to moved\/here.txt[^]*Deleted gone/u,
    );
    expect([read('new/one.txt'), read('moved/here.txt')]).toEqual(['one\n\ntwo\n', 'b\nM\u00fcller\n']);
    expect(statSync(path.join(root, 'moved/here.txt')).mode & 0o777).toBe(0o755);
    expect([existsSync(path.join(root, 'old.txt')), existsSync(path.join(root, 'gone.txt'))]).toEqual([false, false]);
  });

  test.each<readonly [string, (name: string) => void]>([
    ['one is not there', () => undefined],
    ['one does not fit', () => put('old.txt', 'other\n')],
    ['one would be written over', () => (put('old.txt', 'a\n'), put('moved/here.txt', 'x'))],
    [
      'one is read only',
      () => (put('old.txt', 'a\n'), put('gone.txt', 'x'), chmodSync(path.join(root, 'gone.txt'), 0o444)),
    ],
  ])('nothing is done where %s', async (_why, prepare) => {
    prepare('');
    await expect(applyPatch(root, SEVERAL)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/request-invalid|not-found/u) }),
    );
    expect([
      existsSync(path.join(root, 'new/one.txt')),
      existsSync(path.join(root, 'moved/here.txt')) && read('moved/here.txt') !== 'x',
    ]).toEqual([false, false]);
  });

  test.each<readonly [string, () => void, readonly string[]]>([
    ['a new file', () => undefined, ['*** Add File: big']],
    [
      'one that has two names, and is written into',
      () => (put('other', 'x\n'), linkSync(path.join(root, 'other'), path.join(root, 'big'))),
      ['*** Update File: big', '-x'],
    ],
  ])(
    'a disk that is full in the middle of %s leaves all as it was',
    (_what, prepare, heading) => {
      put('f', 'a\n');
      prepare();
      const before = [read('f'), existsSync(path.join(root, 'big')) && read('big')];
      const lines = [...heading, ...Array.from({ length: 500 }, () => `+${'x'.repeat(100)}`)];
      const patch = update('-a', '+b', ...lines);
      const module = JSON.stringify(new URL('./apply-patch.ts', import.meta.url).href);
      const program = `const { applyPatch } = await import(${module}); await applyPatch(process.argv[1], process.argv[2])`;
      // No file may grow past a few thousand bytes: what is written ends in its middle.
      const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2" "$3"`;
      const ran = spawnSync('sh', ['-c', limited, process.execPath, program, root, patch], { encoding: 'utf8' });
      expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('EFBIG')]);
      expect([read('f'), existsSync(path.join(root, 'big')) && read('big')]).toEqual(before);
    },
    60_000,
  );

  test('a file that is named twice is changed twice', async () => {
    put('f', 'a\nb\n');
    await applyPatch(root, '*** Begin Patch\n*** Update File: f\n-a\n+A\n*** Update File: f\n-b\n+B\n*** End Patch');
    expect(read('f')).toBe('A\nB\n');
  });

  test.each([['*** Delete File: link'], ['*** Update File: link', '*** Move to: new']])(
    'what a link leads to does not go in its place: %s',
    async (...lines) => {
      put('f', 'a\n');
      symlinkSync('f', path.join(root, 'link'));
      const patch = ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
      await expect(applyPatch(root, patch)).rejects.toThrow('link is a link, and nothing was changed');
      expect(read('f')).toBe('a\n');
    },
  );

  test('git’s own forms are read: new, deleted, renamed, programs, quoted names', async () => {
    put('gone', 'x\n');
    put('from', 'a\n');
    await applyPatch(
      root,
      [
        'diff --git a/run.sh b/run.sh',
        'new file mode 100755',
        '--- /dev/null',
        '+++ b/run.sh',
        '@@ -0,0 +1 @@',
        '+#!/bin/sh',
        'diff --git a/gone b/gone',
        'deleted file mode 100644',
        '--- a/gone',
        '+++ /dev/null',
        '@@ -1 +0,0 @@',
        '-x',
        'diff --git a/from b/to',
        'similarity index 100%',
        'rename from from',
        'rename to to',
        'diff --git a/empty b/empty',
        'new file mode 100644',
        'index 0000000..e69de29',
        '--- /dev/null',
        String.raw`+++ "b/m\303\274ll.txt"`,
        '@@ -0,0 +1 @@',
        '+m',
        '\\ No newline at end of file',
      ].join('\n'),
    );
    expect([read('run.sh'), read('to'), read('müll.txt')]).toEqual(['#!/bin/sh\n', 'a\n', 'm']);
    expect(statSync(path.join(root, 'run.sh')).mode & 0o100).toBe(0o100);
    expect([existsSync(path.join(root, 'gone')), existsSync(path.join(root, 'from'))]).toEqual([false, false]);
  });

  test('a diff that deletes another file than this one does not', async () => {
    put('gone', 'x\nmore\n');
    await expect(applyPatch(root, '--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n')).rejects.toThrow(/holds more/u);
    expect(read('gone')).toBe('x\nmore\n');
  });

  test.each(['../out', '/etc/pointsman-out', 'a/../../out'])('a path that leads out, %s, is refused', async (name) => {
    await expect(applyPatch(root, `*** Begin Patch\n*** Add File: ${name}\n+x\n*** End Patch`)).rejects.toThrow(
      expect.objectContaining({ code: 'tool-denied' }),
    );
    put('f', 'a\n');
    await expect(applyPatch(root, update(`*** Move to: ${name}`))).rejects.toThrow(
      expect.objectContaining({ code: 'tool-denied' }),
    );
    expect(read('f')).toBe('a\n');
  });
});

test('every path that would be touched is known before, and all that would be written', () => {
  const patch =
    '*** Begin Patch\n*** Update File: a\n*** Move to: b\n-[redacted:x]\n+y\n*** Delete File: c\n*** Add File: d\n+z\n*** End Patch';
  expect(patchedPaths(patch)).toEqual(['a', 'b', 'c', 'd']);
  expect(writtenText(patch)).toBe('+y\n+z');
  expect(patchedPaths('no patch')).toEqual([]);
});

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '  a', '-x', '+y'), { maxLength: 12 });
const text = fc
  .tuple(lines, fc.constantFrom('\n', ''))
  .map(([all, end]) => all.join('\n') + (all.length > 0 ? end : ''));

test.each<readonly [string, string]>([
  ['a name with many blanks', `*** Begin Patch\n*** Add File: a${' '.repeat(300_000)}x\n+a\n*** End Patch`],
  ['a head with many blanks', `*** Begin Patch\n*** Update File: a\n@@ a${' '.repeat(300_000)}x\n+a\n*** End Patch`],
  ['many lines', `--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n${'+x\n'.repeat(300_000)}`],
  ['a long name that is said twice', `diff --git a/${'a b/'.repeat(300_000)}\n`],
])(
  'a patch with %s is read in one go',
  (_what, patch) => {
    expect(patchedPaths(patch).length).toBeLessThan(2);
  },
  120_000,
);

test('what git says of two texts makes the one of the other', () => {
  const pairs = fc.sample(fc.tuple(text, text), { numRuns: 150, seed: 1 });
  for (const [index, [before, after]] of pairs.entries()) {
    put(`A/${index}`, before);
    put(`B/${index}`, after);
  }
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--no-color', '-U1', 'A', 'B'], {
    cwd: root,
    encoding: 'utf8',
  });
  const patches = parsePatch(stdout);
  expect(patches.length).toBeGreaterThan(100);
  for (const file of patches) {
    const [before = '', after = ''] = pairs[Number(path.basename(file.path))] ?? [];
    if (file.kind === 'update') expect(applyHunks(before, file.hunks, 'f').text).toBe(after);
  }
});

test('whatever stands in a patch, a file is changed by its lines or not at all', async () => {
  const odd = fc.array(
    fc.constantFrom(
      '*** Begin Patch',
      '*** End Patch',
      '*** Update File: f',
      '*** Add File: g',
      '@@',
      '@@ a',
      '-a',
      '+b',
      ' a',
      '',
      'x',
      '--- a/f',
      '+++ b/f',
      '@@ -1 +1 @@',
      '*** End of File',
      '\\ No newline at end of file',
    ),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(odd, async (written) => {
      put('f', 'a\nc\n');
      await applyPatch(root, written.join('\n')).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ code: expect.stringMatching(/request-invalid|not-found/u) });
        expect(read('f')).toBe('a\nc\n');
      });
      rmSync(path.join(root, 'g'), { force: true });
    }),
  );
});
