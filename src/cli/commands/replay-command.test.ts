import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { certificatesIn } from '../../app/stores/open-certificates.ts';
import type { SavedCertificate } from '../../learn/certificate/certificate-file.ts';
import { replaySessions } from '../../replay/replay-sessions.ts';
import type { ReplayReport } from '../../replay/report/replay-report.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { EXIT } from '../input/exit-code.ts';
import { parseSince } from '../input/replay-arguments.ts';
import { createReplayProgress } from '../text/replay-progress.ts';
import { command } from './replay-command.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-replay-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PROMPT = 'rename heron to crane';

function session(id: string, model: string, day: number): string {
  const at = (minute: number): string => new Date(Date.UTC(2026, 10, day, 10, minute)).toISOString();
  const call = (index: number): object => ({
    type: 'call',
    callId: `${id}-${index}`,
    at: at(index),
    model,
    usage: {
      uncachedTokens: 1,
      cacheReadTokens: index === 0 ? 0 : 18_000 + 2000 * index,
      cacheWriteTokens: index === 0 ? 20_000 : 2000,
      outputTokens: 300,
    },
    stepKind: index < 3 ? 'code' : 'summarize',
  });
  const rows = [
    { type: 'session', v: 1, sessionId: id, client: 'neutral' },
    { type: 'user', at: at(0), text: PROMPT },
    ...Array.from({ length: 5 }, (_, index) => call(index)),
  ];
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly reported: string;
}

async function run(args: readonly string[], signal: AbortSignal = new AbortController().signal): Promise<Ran> {
  let out = '';
  let reported = '';
  const code = await command.run(args, {
    stdout: (text) => (out += text),
    stderr: (text) => (reported += text),
    env: { HOME: folder },
    cwd: folder,
    isTerminal: false,
    signal,
  });
  if (!args.includes('--with-text')) expect(out + reported).not.toContain('heron');
  return { code, out, reported };
}

async function jsonOf(args: readonly string[]): Promise<ReplayReport> {
  return dataOf((await run([...args, '--json'])).out) as ReplayReport;
}

const codeIs = (code: string, message?: RegExp): unknown =>
  expect.objectContaining({ code, ...(message === undefined ? {} : { message: expect.stringMatching(message) }) });

/** Words as they were before they were put into 80 columns. */
const unwrapped = (text: string): string => text.replaceAll(/\n +/gu, ' ');

describe('pointsman replay', () => {
  test('prints what was billed, ours, rivals and the optimum, and keeps the dial out of the table', async () => {
    write('logs/a.jsonl', session('a', 'claude-opus-5-5', 2));
    const { code, out, reported } = await run(['logs']);
    expect(code).toBe(EXIT.ok);
    expect(reported).toContain('Reading 1 file');
    expect(unwrapped(reported)).toMatch(/Pool: claude-opus-5-5, .*stated default, because no key is set/u);
    expect(unwrapped(out)).toMatch(/\* seen afterwards: always gpt-6-luna; optimum\./u);
    for (const name of ['as-recorded', 'balanced', 'thrifty', 'quality-first', 'always-cheap', '* optimum']) {
      expect(out).toContain(`\n${name}`);
    }
    expect(out).not.toContain('dial-');
    expect(out).not.toContain('weave-prod');
    expect((await run(['logs', '--rivals'])).out).toContain('\nweave-prod');
    expect(out).toContain('1 × γ');
  });

  test('every line of text fits 80 columns, whatever models and policies are called', async () => {
    cpSync(path.resolve(import.meta.dirname, '../../../fixtures/sessions'), path.join(folder, 'logs'), {
      recursive: true,
    });
    const policy = readFileSync(path.resolve(import.meta.dirname, '../../../policies/thrifty.policy.yaml'), 'utf8');
    const name = 'a-policy-with-a-name-that-is-longer-than-most';
    write('policies/long.policy.yaml', policy.replace('id: thrifty', `id: ${name}`));
    const { out, reported } = await run(['logs', '--rivals', '--policy', 'policies/long.policy.yaml']);
    expect(out).toContain('a-policy-with-a-nam…');
    const words = out.split('\n').concat(reported.replaceAll(folder, '').split('\n'));
    expect(words.filter((line) => Array.from(line).length > 80)).toEqual([]);
  });

  test('a name in a log acts on no terminal, breaks no line and floods nothing', async () => {
    const names = [
      '\u001b[2J\u001b[31mred\u001b]8;;http://evil\u0007',
      'two\nlines',
      '\u202edesrever',
      'long'.repeat(25_000),
    ];
    for (const [index, name] of names.entries()) write(`logs/${index}.jsonl`, session(`s${index}`, name, 2 + index));
    write('logs/usual.jsonl', session('usual', 'claude-opus-5-5', 2));
    const { out, reported } = await run(['logs']);
    expect(out).toContain('as-recorded');
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(out + reported).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/u);
    expect(out).not.toMatch(/^lines/mu);
    expect(out.length).toBeLessThan(20_000);
  });

  test('the JSON holds six notches of the dial, which --no-dial leaves out', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    const notches = (report: ReplayReport): readonly string[] =>
      report.policies.map((policy) => policy.name).filter((name) => name.includes('/dial-'));
    expect(notches(await jsonOf(['a.jsonl', '--policy', 'balanced']))).toEqual(
      [0, 2, 4, 6, 8, 10].map((dial) => `balanced/dial-${dial}`),
    );
    expect(notches(await jsonOf(['a.jsonl', '--no-dial']))).toEqual([]);
  });

  test('what was proved of a policy stands beside its figures, in the text, the JSON and the page', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    const args = ['a.jsonl', '--no-dial', '--no-optimum', '--policy', 'balanced'];
    expect((await run(args)).out).not.toContain('What is proved');
    const other: SavedCertificate = {
      madeAt: Date.UTC(2026, 10, 3),
      policyId: 'balanced',
      policyDigest: 'of another one',
      models: ['claude-opus-5-5'],
      predictorVersion: 'p',
      referenceModel: 'claude-opus-5-5',
      rowsName: 'held-<out>.jsonl',
      rowsSha256: 'f'.repeat(64),
      worseByRatio: 0.05,
      confidenceRatio: 0.95,
      kinds: [{ kind: 'code', rowCount: 300, notch: 6 }],
    };
    const store = certificatesIn(path.join(folder, '.local/share/pointsman/store'));
    await store.save(other);
    await store.save({ ...other, policyId: 'thrifty' });
    const { out } = await run([...args, '--html', 'page.html']);
    expect(out).toContain('balanced: at most 5 % worse than always claude-opus-5-5');
    expect(unwrapped(out)).toContain('No longer: the policy has changed since.');
    expect(out).not.toContain('thrifty: at most');
    expect((await jsonOf(args)).proved).toHaveLength(1);
    expect(readFileSync(path.join(folder, 'page.html'), 'utf8')).toContain('code to dial 6 (held-&#60;out&#62;.jsonl');
  });

  test('a file of proofs that is damaged is told of, and takes nothing from the report', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    write('.local/share/pointsman/store/certificates.json', '{');
    const { code, out, reported } = await run(['a.jsonl', '--no-dial', '--no-optimum']);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('always-cheap');
    expect(unwrapped(reported)).toMatch(/proved of policies is not known: .*certificates\.json.*certify again/u);
  });

  test('--no-optimum leaves out the cheapest way in hindsight', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    const { out } = await run(['a.jsonl', '--no-dial', '--no-optimum']);
    expect(out).toContain('always-cheap');
    expect(out).not.toContain('* optimum');
    expect((await jsonOf(['a.jsonl', '--no-dial', '--no-optimum'])).optimum).toBeUndefined();
  });

  test('takes our policies by id or file and rivals by name, and nothing else then', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    const thrifty = readFileSync(path.resolve(import.meta.dirname, '../../../policies/thrifty.policy.yaml'), 'utf8');
    write('mine.policy.yaml', thrifty.replace(/^id: .*$/mu, 'id: mine'));
    const report = await jsonOf(['a.jsonl', '--no-dial', '--policy', './mine.policy.yaml', '--policy', 'weave-prod']);
    expect(report.policies.map((policy) => policy.name)).toEqual([
      'as-recorded',
      'never-switch',
      'always-frontier',
      'mine',
      'weave-prod',
    ]);
    await expect(run(['a.jsonl', '--policy', 'balancd'])).rejects.toEqual(codeIs('not-found', /mean "balanced"/u));
  });

  test('chooses from the models that --pool names', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    const report = await jsonOf(['a.jsonl', '--no-dial', '--pool', 'claude-haiku-4-5,gpt-6-luna']);
    expect(report.pool).toEqual(['claude-haiku-4-5', 'gpt-6-luna']);
    await expect(run(['a.jsonl', '--pool', 'gpt-6-lun,x'])).rejects.toEqual(codeIs('not-found', /gpt-6-lun/u));
  });

  test('finds the logs of this machine by itself, and says where it looked when there are none', async () => {
    await expect(run([])).rejects.toEqual(codeIs('not-found', /claude-code in .*\.claude\/projects/u));
    const row = (type: string, extra: object): string =>
      JSON.stringify({
        type,
        uuid: `${type}-1`,
        parentUuid: null,
        sessionId: 's',
        version: '2.1.330',
        timestamp: '2026-11-02T10:00:00Z',
        ...extra,
      });
    const usage = { input_tokens: 3, cache_creation_input_tokens: 9000, cache_read_input_tokens: 0, output_tokens: 50 };
    const message = { id: 'msg_1', role: 'assistant', model: 'claude-opus-5-5', content: [], usage };
    const user = row('user', { message: { role: 'user', content: PROMPT } });
    write('.claude/projects/-home-x/s.jsonl', `${user}\n${row('assistant', { requestId: 'req_1', message })}\n`);
    const { code, reported, out } = await run([]);
    expect(code).toBe(EXIT.ok);
    expect(reported).toMatch(/claude-code: 1 file, 1 kB/u);
    expect(out).toContain('claude-code: 1 session, 1 call');
  });

  test('--since leaves older sessions out', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    write('b.jsonl', session('b', 'claude-opus-5-5', 12));
    expect((await jsonOf(['.', '--no-dial', '--since', '2026-11-10'])).recorded.sessionCount).toBe(1);
    expect((await jsonOf(['.', '--no-dial'])).recorded.sessionCount).toBe(2);
    write('c.jsonl', session('c', 'claude-opus-5-5', 2).replaceAll(/"at":"[^"]+",?/gu, ''));
    // Nobody knows how old a session without times is, so it stays.
    expect((await jsonOf(['.', '--no-dial', '--since', '2026-11-10'])).recorded.sessionCount).toBe(2);
  });

  test('--fail-under fails when the best of ours saves less, and says by how much', async () => {
    write('a.jsonl', session('a', 'gpt-6-luna', 2));
    const args = ['a.jsonl', '--no-dial', '--pool', 'gpt-6-luna', '--fail-under'];
    const short = await run([...args, '5%']);
    expect([short.code, short.reported]).toEqual([EXIT.failed, expect.stringContaining('saves 0.0 %')]);
    expect((await run([...args, '0'])).code).toBe(EXIT.ok);
    await expect(run([...args, '20'])).rejects.toEqual(codeIs('request-invalid'));
  });

  test('a loss is called a loss, and what γ is stands under the table', async () => {
    write('a.jsonl', session('a', 'gpt-6-luna', 2));
    const args = ['a.jsonl', '--no-dial', '--pool', 'claude-opus-5-5,gpt-6-luna', '--policy', 'quality-first'];
    const { out, reported } = await run([...args, '--fail-under', '5%']);
    expect(reported).toMatch(/costs [\d.]+ % more; asked for was that it saves 5\.0 %: not enough/u);
    expect(unwrapped(out)).toMatch(
      /γ is what a piece of work that fails costs you, mending included \(plan \$[\d.]+, code/u,
    );
    // One minus sign throughout.
    expect(out).not.toMatch(/[ [$]-\d/u);
  });

  test('writes page and JSON where it is told', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    await run(['a.jsonl', '--html', 'out.html', '--json=out.json']);
    expect(readFileSync(path.join(folder, 'out.html'), 'utf8')).toMatch(
      /<h1>\$[\d.]+ billed; too few sessions to say/u,
    );
    expect(readFileSync(path.join(folder, 'out.html'), 'utf8')).not.toContain('heron');
    expect((dataOf(readFileSync(path.join(folder, 'out.json'), 'utf8')) as ReplayReport).v).toBe(1);
  });

  test('prompt text stands in a report only where it was asked for, and never a key or a control sign', async () => {
    const key = `sk-ant-api03-${'x9Kf2mQ7'.repeat(6)}`;
    const text = session('a', 'claude-opus-5-5', 2).replace(PROMPT, `${PROMPT} ${key} \\u001b[31m`);
    write(
      'a.jsonl',
      text.replace('"cacheReadTokens":20000,"cacheWriteTokens":2000', '"cacheReadTokens":0,"cacheWriteTokens":22000'),
    );
    const args = ['a.jsonl', '--no-dial', '--html', 'out.html'];
    const page = (): string => readFileSync(path.join(folder, 'out.html'), 'utf8');
    const silent = await run(args);
    expect(silent.out).toContain('avoidable events');
    expect(silent.out + page()).not.toContain('heron');
    const asked = await run([...args, '--with-text']);
    for (const report of [asked.out, page()]) {
      expect(unwrapped(report)).toContain(`Asked for: ${PROMPT}`);
      expect(report).not.toContain('x9Kf2mQ7');
      expect(report).not.toContain('\u001b');
    }
  });

  test('a report that cannot be kept is refused before any log is looked for', async () => {
    for (const out of ['--html=no/such/out.html', '--json=no/such/out.json', '--html=.']) {
      await expect(run(['nothing-here.jsonl', out])).rejects.toEqual(codeIs('record-unwritable'));
    }
  });

  test('a log without a priced call gives no table of zeroes and no page', async () => {
    write('a.jsonl', session('a', 'my-own-model', 2));
    const { out, reported } = await run(['a.jsonl', '--html', 'out.html']);
    expect(out).toContain('5 calls of "my-own-model": no price');
    expect(out).not.toContain('always-cheap');
    expect(reported).toContain('nothing to draw');
    expect(existsSync(path.join(folder, 'out.html'))).toBe(false);
  });

  test('stopped by Ctrl-C, it prints what it has', async () => {
    write('a.jsonl', session('a', 'claude-opus-5-5', 2));
    const { code, reported } = await run(['a.jsonl'], AbortSignal.abort());
    expect([code, reported]).toEqual([
      EXIT.interrupted,
      expect.stringContaining('Stopped before a session was priced'),
    ]);
  });

  test.each([
    [['nowhere.jsonl'], 'not-found'],
    [['--from', 'claud'], 'not-found'],
    [['--since', 'yesterday'], 'request-invalid'],
    [['junk.jsonl'], 'not-found'],
  ] as const)('%j is refused with %s and a hint', async (args, code) => {
    write('junk.jsonl', '\u0000\u0001 not json\n');
    await expect(run(args)).rejects.toEqual(codeIs(code));
  });
});

test('a span counts back from now', () => {
  expect(parseSince('36h', 1e12)).toBe(1e12 - 36 * 3_600_000);
  expect(parseSince('2w', 1e12)).toBe(1e12 - 14 * 86_400_000);
  expect(parseSince('2026-11-01', 0)).toBe(Date.UTC(2026, 10, 1));
  expect(() => parseSince('30', 0)).toThrow('--since');
});

test('progress draws over one line, five times a second at most, and only where somebody watches', () => {
  let text = '';
  let now = 0;
  const state = { readBytes: 50, allBytes: 100, sessionCount: 3 };
  const progress = createReplayProgress(
    { stderr: (more) => (text += more), erase: (what) => void (text += `<${what} taken away>`) },
    () => now,
  );
  progress.show(state);
  expect(text).toBe('');
  now = 250;
  progress.show(state);
  progress.show(state);
  expect(text.match(/50 %  3 sessions  about 1 s left/gu)).toHaveLength(1);
  progress.clear();
  expect(text.endsWith('<line taken away>')).toBe(true);
  const quiet = createReplayProgress({ stderr: () => expect.fail('nobody watches') });
  quiet.show(state);
  quiet.clear();
});

test('programs get the same report as plain JSON, without paths and timelines', async () => {
  write('logs/a.jsonl', session('a', 'claude-opus-5-5', 2));
  const reported: string[] = [];
  const world = { cwd: folder, env: {}, home: folder, now: Date.UTC(2026, 10, 20) };
  const signal = new AbortController().signal;
  const options = { signal, onProgress: (_: number, __: number | undefined, text: string) => reported.push(text) };
  const report = await replaySessions({ paths: ['logs'], policies: ['balanced'] }, options, world);
  expect(report).toMatchObject({ v: 1, recorded: { sessionCount: 1 }, files: { readCount: 1 } });
  expect(Object.keys(report)).not.toContain('timelines');
  expect(JSON.stringify(report)).not.toContain(folder);
  expect(JSON.stringify(report)).not.toContain('heron');
  expect(reported.at(-1)).toBe('1 sessions priced');
  const old = await replaySessions({ paths: ['logs'], sinceDays: 3 }, options, world);
  expect(old).toMatchObject({ recorded: { sessionCount: 0 } });
  await expect(replaySessions({ sinceDays: -1 }, options, world)).rejects.toEqual(codeIs('request-invalid'));
  await expect(replaySessions({ paths: ['logs'] }, { ...options, signal: AbortSignal.abort() }, world)).rejects.toEqual(
    codeIs('aborted'),
  );
});
