import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openNewcomerPlace, type NewcomerPlace } from '../testing/internal/newcomer/newcomer-place.ts';
import { typedCommand } from '../testing/internal/newcomer/typed-command.ts';
import { demoWords } from './demo/demo-words.ts';
import { commands } from './registry.ts';
import { speaksJson } from './run-command.ts';
import { displayWidth } from './width/display-width.ts';

const WIDE = '請求書の集計を直す作業フォルダ🚚';
const MODEL = 'laboratory/an-own-model-with-a-name-that-nobody-would-want-to-type-twice';
/** Nothing of these can be shown in one go: each has lines of its own. */
const WORD = /^\s*\S+$/u;

let place: NewcomerPlace;

beforeAll(async () => {
  place = await openNewcomerPlace(
    (request) => demoWords(request) ?? { text: 'All done.' },
    `${WIDE} with a long name for a folder`,
  );
  writeFileSync(path.join(place.workspace, 'pointsman.config.yaml'), configuration());
  const paused = await typed(
    'run',
    `${WIDE}: mend it, and say of everything that you find what it means for the bill`,
    '--budget',
    '0.01',
  );
  expect(paused.code, paused.said).toBe(3);
  const done = await typed('run', WIDE.repeat(8), '--yes');
  expect(done.said).toContain('The failing tests pass.');
  expect(tooWide(paused.said + done.said)).toEqual([]);
  await typed(
    'keys',
    'add',
    `${WIDE.repeat(3)} key of the team that pays`,
    '--budget-usd',
    '12345.678',
    '--day-usd',
    '1',
  );
  await typed('memory', 'add', WIDE.repeat(12), 'and words after it that say what it is good for');
}, 120_000);
afterAll(() => place.close());

const configuration = (): string =>
  [
    'endpoints: { laboratory: { baseUrl: "http://127.0.0.1:9/v1", keyless: true } }',
    'models:',
    `  - { id: "${MODEL}", endpoint: laboratory, contextTokens: 131072, toolCalling: true, abilityIndex: 35, usdPerMTok: { input: 0.2, output: 0.8 } }`,
  ].join('\n');

const typed = (...argv: readonly string[]): ReturnType<typeof typedCommand> => typedCommand(place, argv);

/** What each command is tried with, beside its help and an option that does not exist. `[]`: without arguments. */
const TRIED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  overview: [[]],
  // The job of `run` is the demo's.
  demo: [],
  doctor: [['--offline']],
  run: [['x', '--model', 'no-such-model-anywhere-in-the-world']],
  plan: [[WIDE.repeat(6)]],
  resume: [[], ['job-that-was-never-there']],
  submit: [['x']],
  worker: [[]],
  answer: [['job-x', '--allow']],
  cancel: [[], ['job-that-was-never-there']],
  jobs: [[]],
  explain: [[], ['--all'], ['--why-not', MODEL], ['nothing-of-this-name']],
  autopsy: [[]],
  diff: [],
  undo: [[]],
  apply: [[]],
  export: [[]],
  claude: [],
  cline: [],
  cn: [],
  codex: [],
  copilot: [],
  crush: [],
  droid: [[]],
  gemini: [],
  openclaw: [],
  opencode: [],
  pi: [],
  qwen: [],
  serve: [['--port', '0']],
  connect: [['claude-code', '--dry-run'], ['codex', '--dry-run'], ['opencode', '--dry-run'], ['copilot']],
  disconnect: [['codex']],
  tail: [['--url', 'http://127.0.0.1:9']],
  ui: [['--from-store']],
  bypass: [['on', '--url', 'http://127.0.0.1:9']],
  session: [[], ['no-session']],
  statusline: [['no-session']],
  hook: [],
  mcp: [],
  spend: [[], ...['week', 'month', 'project', 'model', 'harness', 'key', 'session', 'block'].map((by) => ['--by', by])],
  // Tables of its own, and a test of its own.
  replay: [],
  store: [['copy', 'a', 'b']],
  audit: [[]],
  records: [[]],
  models: [[], ['show', MODEL], ['--cross-check']],
  memory: [[], ['list']],
  policies: [[], ['balanced'], ['balanced', '--calibrate']],
  trust: [['--show']],
  keys: [['list'], ['stored']],
  teams: [[]],
  login: [['no-server-of-this-name']],
  evaluate: [[], [MODEL, '--yes'], ['gpt-6-luna', '--dry-run'], [MODEL, '--suite', 'no-such-suite']],
  learn: [[], ['--reward', 'green - usd']],
  certify: [[]],
  train: [[]],
  eval: [['--list']],
};

/** Lines that no place in them lets be broken may be wider. */
const tooWide = (said: string): readonly string[] =>
  said.split('\n').filter((line) => displayWidth(line) > 80 && !WORD.test(line));

describe('within 80 columns, in a pipe', () => {
  test('every command is tried', () => expect(Object.keys(TRIED).toSorted()).toEqual(Object.keys(commands).toSorted()));

  test.each(
    Object.entries(TRIED).flatMap(([name, lines]) =>
      [...lines, ...(lines.length === 0 ? [['--no-such-option']] : [])].map((args) => [[name, ...args]]),
    ),
  )(
    'pointsman %j',
    async (argv) => {
      const { said } = await typed(...argv);
      expect(said.trim()).not.toBe('');
      expect(tooWide(said)).toEqual([]);
      // Tables and paragraphs keep their form: no column is so narrow that every word of it stands alone.
      expect(said).not.toMatch(/(?:\n {40,}\S{1,8}){6}/u);
    },
    60_000,
  );

  test('what is copied is whole', async () => {
    const { said } = await typed('jobs');
    expect(said.match(/^job-\w{16} {2}/gmu)).toHaveLength(2);
  });

  test.each(['--help', 'run --help', 'keys --help', 'no-such-command-anywhere-that-is-near-to-one-of-ours-in-any-way'])(
    'the program itself: %s',
    (line) => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [path.join(import.meta.dirname, 'main.ts'), ...line.split(' ')],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], HOME: place.folder },
        },
      );
      expect(`${stdout}${stderr}`.trim()).not.toBe('');
      expect(tooWide(stdout + stderr)).toEqual([]);
    },
  );
});

/** Amounts of a value of JSON that are not said twice, or not exactly: a whole number of nano-USD, and decimal text beside it. */
function looseAmounts(value: unknown, at: string = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => looseAmounts(one, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]: [string, unknown]) => {
    const beside = (value as Readonly<Record<string, unknown>>)[key.replace(/NanoUsd$/u, 'Usd')];
    const isNano = key.endsWith('NanoUsd') && typeof one === 'number';
    const isLoose = isNano
      ? !Number.isSafeInteger(one) || typeof beside !== 'string' || !/^-?\d+\.\d{9}$/u.test(beside)
      : /(?<!Nano)Usd$/u.test(key) && typeof one === 'number';
    return [...(isLoose ? [`${at}.${key}`] : []), ...looseAmounts(one, `${at}.${key}`)];
  });
}

/** What each of these says to a machine; those that write a line for each thing that happens write no envelope. */
const BY_LINES = new Set(['tail', 'worker']);

test('an amount that is said once, or not exactly, is found', () => {
  expect(looseAmounts({ a: [{ billNanoUsd: 1 }], bUsd: 2, cNanoUsd: 3, cUsd: '0.000000003', dNanoUsd: 0.5 })).toEqual([
    '.a[].billNanoUsd',
    '.bUsd',
    '.dNanoUsd',
  ]);
});

describe('as JSON: one envelope, whatever comes of it', async () => {
  const spoken = await Promise.all(
    Object.entries(TRIED).map(async ([name, lines]) => {
      const { command } = (await commands[name]?.load()) ?? {};
      return command === undefined || !speaksJson(command) || BY_LINES.has(name)
        ? []
        : [...lines, ['--no-such-option']].map((args) => [[name, ...args, '--json']]);
    }),
  );
  const lines = spoken.flat();

  test.each(lines)(
    'pointsman %j',
    async (argv) => {
      const { out, code } = await typed(...argv);
      const answer = JSON.parse(out) as { readonly data?: unknown; readonly error?: { readonly code?: unknown } };
      expect(answer).toMatchObject({ v: 1, command: argv[0] });
      const what = 'error' in answer ? 'error' : 'data';
      expect(Object.keys(answer)).toEqual(['v', 'command', what]);
      if (what === 'error') expect([code === 0, typeof answer.error?.code]).toEqual([false, 'string']);
      expect(looseAmounts(answer)).toEqual([]);
    },
    60_000,
  );
});
