import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteTrail } from '../../audit/sqlite/sqlite-trail.ts';
import { asId, type CallId, type JobId } from '../../domain/ids.ts';
import { DAY_MS } from '../../domain/time.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { aCallRecord } from '../../testing/record-builders.ts';
import { command } from './records-command.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-records-'));
});
afterEach(() => {
  for (const made of [folder, `${folder}-data`]) rmSync(made, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<string> {
  let out = '';
  const code = await command.run(args, {
    stdout: (text) => void (out += text),
    stderr: (text) => expect.fail(text),
    env: { HOME: folder, XDG_DATA_HOME: `${folder}-data` },
    trustFolders: true,
    cwd: folder,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  expect(code).toBe(0);
  return out;
}

async function record(ageDays: readonly number[]): Promise<void> {
  const file = path.join(folder, '.pointsman', 'records.db');
  const recorder = openSqliteRecorder({ file, onWriteError: (error) => expect.fail(error.message) });
  for (const [n, age] of ageDays.entries()) {
    const call = aCallRecord({ callId: asId<CallId>(`call-${n}`), startedAt: Date.now() - age * DAY_MS });
    recorder.writeCall({ ...call, jobId: undefined satisfies JobId | undefined });
  }
  await recorder.close();
}

const parsed = (text: string): unknown => dataOf(text);

describe('pointsman records', () => {
  test('says that nothing is recorded yet, and makes no file', async () => {
    expect(await run()).toContain('Nothing is recorded yet');
    expect(parsed(await run('--json'))).toBeNull();
    expect(parsed(await run('prune', '--older-than', '30d', '--json'))).toMatchObject({ stepCount: 0, callCount: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('shows size, counts, the oldest and how long it is kept', async () => {
    await record([40, 2, 0]);
    const shown = await run();
    const oldest = new Date(Date.now() - 40 * DAY_MS).toISOString().slice(0, 10);
    for (const part of [/size +\d+ kB/u, /calls +3\n/u, new RegExp(`oldest +${oldest}`, 'u'), /kept +30 days/u]) {
      expect(shown).toMatch(part);
    }
    expect(parsed(await run('--json'))).toMatchObject({ callCount: 3, jobCount: 0, shrinks: true });
    writeFileSync(path.join(folder, 'pointsman.config.yaml'), 'records:\n  keepDays: 14\n');
    expect(await run()).toMatch(/kept +14 days/u);
  });

  test('counts in a dry run, then removes what is older', async () => {
    await record([40, 31, 2]);
    expect(await run('prune', '--older-than', '30d', '--dry-run')).toContain(
      'Would remove 0 steps, 2 calls and 0 jobs',
    );
    expect(parsed(await run('--json'))).toMatchObject({ callCount: 3 });
    expect(await run('prune', '--older-than', '30d')).toContain('Removed 0 steps, 2 calls and 0 jobs');
    expect(parsed(await run('--json'))).toMatchObject({ callCount: 1 });
    expect(parsed(await run('prune', '--older-than', '36h', '--json'))).toMatchObject({ callCount: 1, dryRun: false });
    await run('prune', '--older-than', '36h');
    const trail = openSqliteTrail(path.join(folder, '.pointsman', 'audit.db'), Date.now);
    const acts: unknown[] = [];
    for await (const { act, detail } of trail.entries()) acts.push([act, detail['calls']]);
    await trail.close();
    expect(acts).toEqual([
      ['records-removed', 2],
      ['records-removed', 1],
    ]);
  });

  test.each([
    [['prune', '--older-than', 'banana'], '"banana" is none'],
    [['prune', '--older-than', '30'], '"30" is none'],
    [['prune', '--older-than', ''], '"" is none'],
    [['prune', '--older-than=-5d'], '"-5d" is none'],
    [['prune', '--older-than', '1e9d'], '"1e9d" is none'],
    [['prune', '--older-than', '30d; drop table calls'], 'is none'],
    [['prune', '--older-than', '0d'], 'more than nothing'],
    [['prune', '--older-than', '0.0h'], 'more than nothing'],
    [['prune'], 'needs --older-than'],
    [['prune', '--dry-run'], 'needs --older-than'],
    [['--older-than', '30d'], 'pointsman records prune'],
    [['--dry-run'], 'pointsman records prune'],
    [['burn'], '"burn"'],
    [['prune', 'all', '--older-than', '30d'], '"all"'],
  ] as const)('refuses %j and removes nothing', async (args, message) => {
    await record([400]);
    const refused = { code: 'request-invalid', message: expect.stringContaining(message) as string };
    await expect(run(...args)).rejects.toMatchObject({ ...refused, hint: expect.stringContaining('--help') as string });
    expect(parsed(await run('--json'))).toMatchObject({ callCount: 1 });
  });

  test('an age before all time removes nothing and is no fault', async () => {
    await record([400]);
    expect(await run('prune', '--older-than', '999999999w')).toContain('Removed 0 steps, 0 calls');
  });

  test('a store that is no database is told as such, with what to do', async () => {
    mkdirSync(path.join(folder, '.pointsman'));
    writeFileSync(
      path.join(folder, '.pointsman', 'records.db'),
      'garbage, long enough to be read as a header\n'.repeat(99),
    );
    const reported = { code: 'record-unreadable', hint: expect.any(String) as string };
    await expect(run()).rejects.toMatchObject(reported);
    await expect(run('prune', '--older-than', '30d')).rejects.toMatchObject(reported);
    await expect(run('prune', '--older-than', '30d', '--dry-run')).rejects.toMatchObject(reported);
  });

  test('records in PostgreSQL are not looked for in a folder', async () => {
    writeFileSync(path.join(folder, 'pointsman.config.yaml'), 'store: postgres://127.0.0.1:1/x\n');
    await expect(run()).rejects.toMatchObject({ code: 'record-unreadable' });
  });
});
