import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCommand } from './check-command.ts';
import { defaultCommandRules } from './default-rules.ts';

const SECRET = 'not-of-the-workspace';
let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'looking-')));
  mkdirSync(path.join(root, 'work'));
  writeFileSync(path.join(root, 'secret.json'), JSON.stringify(SECRET));
  writeFileSync(path.join(root, 'work', 'x'), '3 b\n1 a\n2 "c"\n');
  writeFileSync(path.join(root, 'work', 'j'), '{"a":[1,2]}\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Pieces of programs, the harmless and the harmful, put together in any order. */
const PIECES: Readonly<Record<string, readonly string[]>> = {
  awk: [
    '{',
    '}',
    '(',
    ')',
    ';',
    ' ',
    '\n',
    '"',
    '$1',
    'n++',
    'BEGIN',
    'END',
    '||',
    '|',
    '>',
    '>>',
    '>2',
    ',',
    '/a/',
    'print',
    'printf',
    'print $1',
    'print ";" > "out"',
    'print "a" | "touch out"',
    'system("touch out")',
    '"out"',
    '"touch out"',
    'getline',
    'getline < "../secret.json"',
    'ARGV[1]="../secret.json"',
    'ENVIRON["A"]',
    'while(1)break',
    '@f',
    'close("out")',
    '{print}',
    '$1 > 1',
    '{ print ($1 > 2) }',
    'print > $2',
    '"touch out" | getline',
    '#',
    '\\',
  ],
  jq: [
    '.',
    '.a',
    '[]',
    '|',
    ' ',
    '\n',
    ';',
    '#',
    '"',
    '(',
    ')',
    ',',
    'env',
    '$ENV',
    '.env',
    'input',
    'inputs',
    'map(.+1)',
    '$ENV.A',
    'import "../secret" as $s;',
    'include "../secret";',
    '$s',
    '$s::s',
    'env.A',
    'def f: .; ',
    'import',
    '@json',
    'input_filename',
    '\\',
  ],
  sed: [
    '1',
    ',',
    '2',
    'p',
    'd',
    'q',
    's/a/b/',
    's/1/touch out/',
    'e',
    'w out',
    'g',
    ';',
    '\n',
    '$',
    '!',
    'r ../secret.json',
    'W out',
    '/a/',
    ' ',
    '{',
    '}',
  ],
};
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  awk: ['-F', ',', '-v', 'a=b', '-f', 'x', '-i', '-o', 'out', '-oout', '--', '-e', '-F,', '-We', '-Wexec', '-E'],
  jq: [
    '-n',
    '-r',
    '-f',
    '--rawfile',
    's',
    '../secret.json',
    '-L',
    '..',
    '-L..',
    '--slurpfile',
    '--',
    '-nr',
    '--arg',
    '.',
    '--args',
    '--indent',
    '3',
  ],
  sed: ['-n', '-E', '-i', '-e', '-f', 'x', '-s', '-z', '--', '-nE', '-ni', '--in-place', '-w'],
  sort: [
    '-o',
    'out',
    '-oout',
    '-uo',
    '-k',
    '2',
    '-k2',
    '-t',
    ',',
    '-t,',
    '--output=out',
    '--',
    '-nk',
    '-T',
    '..',
    '--files0-from=../secret.json',
    '-ro',
    'x',
  ],
  cut: ['-f1', '-d', ' ', '-d ', '-c', '1', '--output-delimiter=,', '--', '../secret.json'],
};

/** What a program of awk may consist of: by statements, where pieces alone would seldom make one. */
const STATEMENTS = fc
  .tuple(
    fc.constantFrom('', 'BEGIN', 'END', 'NR==1', '$1 > 1', '/a/'),
    fc.array(
      fc.constantFrom(
        'print',
        'print $1',
        'n++',
        'print > "out"',
        'print ";" > "out"',
        'printf "a" >> "out"',
        'print("a")>"out"',
        'print | "touch out"',
        'print "}" | "touch out"',
        'system("touch out")',
        '"touch out" | getline',
        'getline < "../secret.json"; print',
        'while ((getline l < "../secret.json") > 0) print l',
        'ARGV[1] = "../secret.json"',
        'ARGC = 2',
        'print ENVIRON["A"]',
        'close("out")',
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([when, statements]) => `${when} { ${statements.join('; ')} }`);

const commands = fc.constantFrom(...Object.keys(OPTIONS)).chain((program) => {
  const pieced = fc
    .array(fc.constantFrom(...(PIECES[program] ?? ['x'])), { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join(''));
  const texts = program === 'awk' ? fc.oneof(pieced, STATEMENTS, STATEMENTS) : pieced;
  const file = program === 'jq' ? 'j' : 'x';
  return fc
    .tuple(
      fc.array(fc.constantFrom(...(OPTIONS[program] ?? [])), { maxLength: 3 }),
      texts,
      fc.constantFrom([file], [file, '../secret.json'], []),
    )
    .map(([options, text, files]) => ({ program, args: [...options, ...(program in PIECES ? [text] : []), ...files] }));
});

const isThere = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

describe('what only looks', () => {
  test(
    'writes nothing, runs nothing and shows nothing from outside, whatever is allowed of it',
    { timeout: 120_000 },
    () => {
      const work = path.join(root, 'work');
      const before = readdirSync(work);
      const present = new Set(Object.keys(OPTIONS).filter(isThere));
      let ran = 0;
      fc.assert(
        fc.property(commands, ({ program, args }) => {
          let checked: ReturnType<typeof checkCommand>;
          try {
            checked = checkCommand(work, defaultCommandRules, { program, args, cwd: undefined });
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'tool-denied' });
            return;
          }
          if (!present.has(program)) return;
          ran += 1;
          const { stdout } = spawnSync(program, checked.args, {
            cwd: work,
            env: { PATH: process.env['PATH'], A: SECRET },
            input: '1 a\n',
            encoding: 'utf8',
            timeout: 2000,
            killSignal: 'SIGKILL',
          });
          expect(stdout).not.toContain(SECRET);
          expect(readdirSync(work)).toEqual(before);
          expect(existsSync(path.join(root, 'out'))).toBe(false);
          expect(readFileSync(path.join(work, 'x'), 'utf8')).toBe('3 b\n1 a\n2 "c"\n');
        }),
        { numRuns: 1500 },
      );
      expect(ran).toBeGreaterThan(50);
    },
  );

  const isAllowed = (program: string, ...args: readonly string[]): boolean => {
    try {
      return (
        checkCommand(path.join(root, 'work'), defaultCommandRules, { program, args, cwd: undefined }) !== undefined
      );
    } catch {
      return false;
    }
  };

  test.each([
    ['awk', '{ print $1 }'],
    ['awk', 'NR==3'],
    ['gawk', '/a/'],
    ['mawk', '!/a.c/'],
    ['awk', 'NF'],
    ['awk', 'length > 80'],
    ['awk', '$2 ~ "x"'],
    ['jq', '.'],
    ['jq', '.a[] | .b'],
    ['jq', 'keys'],
    ['jq', 'map(.a)'],
    ['jq', '..'],
    ['jq', '"a"'],
  ])('%s with %j is let through', (program, text) => expect(isAllowed(program, text)).toBe(true));

  test.each(['/', '/etc/passwd', '../x', '~/.ssh/id', 'away', 'data-2', './x'])(
    'the place %s is no program: who forgot that is told so',
    (place) => expect(['awk', 'mawk', 'jq', 'sed'].filter((program) => isAllowed(program, place))).toEqual([]),
  );
});
