import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asId, type CallId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { promptTokens } from '../../domain/usage.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { GROUPINGS } from '../../spend/group-key.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { aCallRecord, aJobRecord } from '../../testing/record-builders.ts';
import { command } from './spend-command.ts';

const samples = path.join(import.meta.dirname, '../../../fixtures/sessions');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-spend-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]): Promise<string> {
  let out = '';
  const code = await command.run(args, {
    stdout: (text) => void (out += text),
    stderr: (text) => expect.fail(text),
    env: { HOME: folder, XDG_DATA_HOME: `${folder}/data` },
    trustFolders: true,
    cwd: folder,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  expect(code).toBe(0);
  return out;
}

interface Shown {
  readonly rows: readonly { readonly key: string; readonly callCount: number; readonly billUsd: string }[];
  readonly total: { readonly callCount: number; readonly billUsd: string; readonly unknownBillCallCount: number };
}

const parsed = (text: string): Shown => dataOf(text) as Shown;

test('a file where logs lie that is of no known form is told, with other logs and without', async () => {
  const place = path.join(folder, '.claude/projects/p');
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(place, 'odd.jsonl'), '{"what":"nobody knows"}\n');
  expect(await run()).toMatch(
    /Nothing was spent[^]*\n1 file that lies where logs do is of no form that is known here\.\n$/u,
  );
  cpSync(path.join(samples, 'claude-code/basic-2.1.330.jsonl'), path.join(place, 'known.jsonl'));
  expect(await run()).toContain('\n1 file that lies where logs do is of no form that is known here.\n');
  expect(dataOf(await run('--json'))).toMatchObject({ fileCount: 1, unrecognisedCount: 1 });
});

async function record(): Promise<void> {
  const file = path.join(folder, '.pointsman', 'records.db');
  const recorder = openSqliteRecorder({ file, onWriteError: (error) => expect.fail(error.message) });
  const jobId = asId<JobId>('job-1');
  recorder.writeJob({ ...aJobRecord(), jobId, workspace: '/home/dev/shop' });
  recorder.writeCall({ ...aCallRecord({ callId: asId<CallId>('a') }), jobId, billNanoUsd: toNanoUsd(1) });
  const gateway = {
    askedFor: 'auto',
    wire: 'openai-chat',
    decisionId: asId<DecisionId>('dec-1'),
    losses: [],
    strippedThinkingCount: 0,
    fallbackFrom: [],
    weakerThanDecided: false,
    key: 'laptop',
    harness: 'codex',
  } as const;
  const call = aCallRecord({ callId: asId<CallId>('b') });
  recorder.writeCall({ ...call, jobId: undefined, billNanoUsd: toNanoUsd(20_000_000_000), gateway });
  recorder.writeCall({
    ...call,
    callId: asId('c'),
    jobId: undefined,
    usage: undefined,
    billNanoUsd: undefined,
    gateway,
  });
  await recorder.close();
}

/** One call of a Codex session. */
function writeCodexLog(at: number, input: number, output: number): void {
  const usage = { input_tokens: input, cached_input_tokens: 0, output_tokens: output };
  const info = { total_token_usage: usage, last_token_usage: usage };
  const rows = [
    { type: 'session_meta', payload: { id: 's' } },
    { type: 'turn_context', payload: { model: 'gpt-5.2-codex' } },
    { type: 'event_msg', payload: { type: 'token_count', info } },
  ];
  const logs = path.join(folder, '.codex', 'sessions');
  mkdirSync(logs, { recursive: true });
  const lines = rows.map((row) => JSON.stringify({ timestamp: new Date(at).toISOString(), ...row }));
  writeFileSync(path.join(logs, 'rollout-a.jsonl'), lines.join('\n'));
}

describe('pointsman spend', () => {
  test('says that nothing is known, and makes nothing', async () => {
    expect(await run()).toContain('Nothing was spent that is known here');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('jobs and gateway calls by project, key and harness; an unknown bill is no zero', async () => {
    await record();
    const byKey = parsed(await run('--by', 'key', '--json'));
    expect(byKey.rows.map((row) => [row.key, row.callCount, row.billUsd])).toEqual([
      ['laptop', 2, '20.000000000'],
      ['(no key)', 1, '0.000000001'],
    ]);
    expect(byKey.total).toMatchObject({ callCount: 3, billUsd: '20.000000001', unknownBillCallCount: 1 });
    expect(parsed(await run('--by', 'harness', '--json')).rows.map((row) => row.key)).toEqual(['codex', 'pointsman']);
    expect(parsed(await run('--by', 'project', '--only', 'jobs', '--json')).rows.map((row) => row.key)).toEqual([
      '/home/dev/shop',
    ]);
    expect(await run()).toContain('calls without a usage');
  });

  test('logs of other clients, within 80 columns for every grouping', async () => {
    for (const by of ['day', 'week', 'month', 'project', 'model', 'harness', 'key', 'session', 'block']) {
      const text = await run(samples, '--by', by, '--timezone', 'UTC');
      const widest = Math.max(...text.split('\n').map((line) => Array.from(line).length));
      expect({ by, fits: widest <= 80 }).toEqual({ by, fits: true });
    }
    const { total } = parsed(await run(samples, '--json'));
    expect(total).toMatchObject({ callCount: 49, billUsd: '1.433543950', unknownBillCallCount: 6 });
  });

  test('--live shows it anew on a clean screen, with what came meanwhile, until Ctrl-C', async () => {
    writeCodexLog(Date.now() - 60_000, 1000, 10);
    const shown: string[] = [];
    let wiped = 0;
    const ended = new AbortController();
    const running = command.run(['--live'], {
      stdout: (text) => {
        shown.push(text);
        if (shown.length === 1) writeCodexLog(Date.now() - 30_000, 2000, 20);
        else ended.abort();
      },
      stderr: (text) => expect.fail(text),
      erase: () => void (wiped += 1),
      env: { HOME: folder, XDG_DATA_HOME: `${folder}/data` },
      trustFolders: true,
      cwd: folder,
      isTerminal: true,
      signal: ended.signal,
    });
    expect(await running).toBe(0);
    expect([shown.length, wiped]).toEqual([2, 2]);
    expect(shown[0]).toMatch(/^total +1 +1000 /mu);
    expect(shown[1]).toMatch(/^total +1 +2000 /mu);
  }, 30_000);

  test('a span leaves out what lies outside, and rows for a spreadsheet hold exact amounts', async () => {
    const csv = await run(samples, '--csv', '--by', 'month', '--timezone', 'UTC', '--since', '2026-11-01');
    expect(csv.split('\n')[1]).toMatch(/^2026-11,47,\d+,\d+,\d+,\d+,1\.\d{9},4,/u);
    expect(await run(samples, '--since', '2026-12-01')).toContain('Nothing was spent');
  });

  test('says the same of logs that it has read before, whatever is asked of them', async () => {
    await record();
    const { startedAt, usage } = aCallRecord();
    writeCodexLog(startedAt + 20_000, promptTokens(usage ?? expect.fail('no usage')), usage?.outputTokens ?? 0);
    cpSync(path.join(samples, 'claude-code'), path.join(folder, '.claude/projects/-work'), { recursive: true });
    cpSync(path.join(samples, 'codex'), path.join(folder, '.codex/sessions/more'), { recursive: true });
    await run();
    expect(readdirSync(path.join(folder, '.cache/pointsman/spending')).length).toBeGreaterThan(2);
    for (const by of GROUPINGS) {
      const asked = ['--by', by, '--json', '--timezone', 'Asia/Kathmandu'];
      expect(dataOf(await run(...asked)), by).toEqual(dataOf(await run(...asked, '--no-cache')));
    }
    for (const edge of ['2026-11-21T10:00:05Z', new Date(startedAt + 10_000).toISOString(), '2026-11-28']) {
      for (const side of ['--since', '--until']) {
        const asked = [side, edge, '--json'];
        expect(dataOf(await run(...asked)), asked.join(' ')).toEqual(dataOf(await run(...asked, '--no-cache')));
      }
    }
  }, 60_000);

  test('a call whose record lies before the edge of a span and its log behind is in one span, not in both', async () => {
    await record();
    const { startedAt, usage } = aCallRecord();
    writeCodexLog(startedAt + 20_000, promptTokens(usage ?? expect.fail('no usage')), usage?.outputTokens ?? 0);
    const edge = new Date(startedAt + 10_000).toISOString();
    const gateway = ['--only', 'gateway', '--json'];
    expect(parsed(await run('--until', edge, ...gateway)).total.callCount).toBe(2);
    expect(parsed(await run('--since', edge, '--json')).total.callCount).toBe(0);
  });

  test.each([
    ['UTC', '2026-11-10', 1],
    ['Asia/Tokyo', '2026-11-11', 1],
    ['Asia/Tokyo', '2026-11-10', 0],
    ['America/Los_Angeles', '2026-11-10', 1],
  ])('a date is a day of the zone that the rows are in: %s, %s', async (zone, date, count) => {
    writeCodexLog(Date.UTC(2026, 10, 10, 15, 30), 100, 10);
    const next = new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
    const shown = parsed(await run('--since', date, '--until', next, '--timezone', zone, '--json'));
    expect(shown.rows.map((row) => row.key)).toEqual(count === 0 ? [] : [date]);
  });

  test.each([
    ['--by', 'year'],
    ['--only', 'cash'],
    ['--timezone', 'Mars/Olympus'],
    ['--since', 'yesterday'],
    ['--since', '2026-02-30'],
    ['--until', '2025-02-29'],
    ['--json', '--csv'],
    ['--from', 'claud-code'],
  ])('%s %s is refused with a hint', async (...args) => {
    await expect(run(...args)).rejects.toMatchObject({
      code: expect.stringMatching(/request-invalid|not-found/u) as string,
    });
  });
});
