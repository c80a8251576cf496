import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { command as demo } from './commands/demo-command.ts';
import { command as explain } from './commands/explain-command.ts';
import { command as exportJob } from './commands/export-command.ts';
import { command as jobs } from './commands/jobs-command.ts';
import { command as replay } from './commands/replay-command.ts';
import { command as run } from './commands/run-command.ts';
import type { CliCommand } from './input/command.ts';
import { changeCommand } from './jobs/change-command.ts';

let folder: string;
let stdout: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-bad-input-')));
  stdout = '';
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function cli(command: CliCommand, ...args: readonly string[]): Promise<number> {
  return command.run(args, {
    stdout: (text) => void (stdout += text),
    stderr: () => undefined,
    env: { HOME: folder, POINTSMAN_STORE: path.join(folder, 'store') },
    cwd: folder,
    isTerminal: false,
    signal: new AbortController().signal,
  });
}

test('a dial or a budget that is none is refused before anything is begun', async () => {
  const dial = { code: 'request-invalid', message: 'The dial goes from 0 to 10; 11 is outside.' };
  await expect(cli(demo, '--dial', '11')).rejects.toMatchObject(dial);
  await expect(cli(run, 'x', '--dial', '11')).rejects.toMatchObject(dial);
  await expect(cli(demo, '--dial', 'abc')).rejects.toMatchObject({ message: '--dial takes a number; "abc" is none.' });
  await expect(cli(run, 'x', '--budget', '0')).rejects.toMatchObject({
    code: 'request-invalid',
    message: '--budget must be more than $0; 0 is not.',
  });
  expect(stdout).toBe('');
});

test('what is stored can be read by its owner only, even in a folder that is open to all', async () => {
  mkdirSync(path.join(folder, 'store'), { mode: 0o755 });
  await cli(jobs);
  for (const name of ['jobs.db', 'checkpoints.db', 'records.db', 'tools.db']) {
    expect([name, statSync(path.join(folder, 'store', name)).mode & 0o777]).toEqual([name, 0o600]);
  }
});

test('who only looks makes no store', async () => {
  expect(await cli(jobs)).toBe(0);
  for (const command of [explain, exportJob, ...(['diff', 'undo', 'apply'] as const).map(changeCommand)])
    await expect(cli(command)).rejects.toMatchObject({ code: 'not-found' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a journal that is no database is told as such, with what to do about it', async () => {
  mkdirSync(path.join(folder, 'store'));
  writeFileSync(
    path.join(folder, 'store/jobs.db'),
    'garbage that is long enough to be a header of something\n'.repeat(40),
  );
  await expect(cli(jobs)).rejects.toMatchObject({
    code: 'record-unreadable',
    hint: expect.stringContaining('Move the file away'),
  });
});

test('a store where nothing can be made is refused at once, with what to do', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'x');
  for (const store of ['/proc/pointsman-store/x', path.join(file, 'store'), file]) {
    const { status, stderr, signal } = spawnSync(
      process.execPath,
      [path.join(import.meta.dirname, 'main.ts'), 'run', 'x'],
      { env: { PATH: process.env['PATH'], HOME: folder, POINTSMAN_STORE: store }, cwd: folder, timeout: 60_000 },
    );
    expect([store, signal, status]).toEqual([store, null, 1]);
    expect(stderr.toString().replaceAll(/\n +/gu, ' ')).toMatch(
      /^pointsman: \[record-unwritable\] The store \S+ cannot be written: .*POINTSMAN_STORE/u,
    );
  }
});

test('a folder without logs is told apart from one with files of another kind', async () => {
  mkdirSync(path.join(folder, 'logs'));
  await expect(cli(replay, 'logs')).rejects.toMatchObject({ message: 'There is no file to read.' });
  writeFileSync(path.join(folder, 'logs/a.jsonl'), '\u0001\u0002\n');
  await expect(cli(replay, 'logs')).rejects.toMatchObject({
    message: 'The one file is no session log of a client known here.',
  });
});
