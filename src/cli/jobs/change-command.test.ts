import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { dataOf } from '../../testing/internal/json-data.ts';
import { fine, openTestBed, type TestBed } from '../../testing/internal/test-bed.ts';
import { EXIT } from '../input/exit-code.ts';
import { jobText } from '../text/job-text.ts';
import { changeCommand } from './change-command.ts';

let bed: TestBed | undefined;
afterEach(async () => bed?.close());

test('what a job did is shown as a patch, taken back and done again, by the store alone', async () => {
  const opened = await openTestBed({
    tools: true,
    files: { 'a.txt': 'one\r\ntwo\r\n' },
    words: (asked) =>
      asked.kind === 'code' && asked.turn === 0
        ? { toolCalls: [{ name: 'filesystem__write_file', input: { path: 'a.txt', content: 'one\r\n2\r\n' } }] }
        : fine(asked),
  });
  bed = opened;
  const { workspace } = opened;
  const report = await opened.pointsman.runJob({ task: 'Do it.', workspace });
  const { jobId } = report;
  expect(jobText({ ...report, scripted: false }, { isTerminal: false })).toContain(
    `\nChanged\n  a.txt\nSee it: pointsman diff ${jobId}\nTake it back: pointsman undo ${jobId}\n`,
  );
  await opened.pointsman.close();
  const call = async (name: 'diff' | 'undo' | 'apply', ...args: readonly string[]): Promise<string> => {
    let stdout = '';
    const code = await changeCommand(name).run(args, {
      stdout: (text) => void (stdout += text),
      stderr: () => undefined,
      env: { PATH: process.env['PATH'], POINTSMAN_STORE: opened.store },
      cwd: workspace,
      isTerminal: false,
      trustFolders: true,
      signal: new AbortController().signal,
    });
    expect(code).toBe(EXIT.ok);
    return stdout;
  };
  const text = (): string => readFileSync(path.join(workspace, 'a.txt'), 'utf8');
  expect(await call('diff')).toContain('\n one\r\n-two\r\n+2\r\n');
  expect(await call('undo', jobId)).toBe(`Taken back, what ${jobId} did to:\n  a.txt\n`);
  expect(text()).toBe('one\r\ntwo\r\n');
  expect(dataOf(await call('apply', '--json'))).toEqual({ jobId, files: ['a.txt'] });
  expect(text()).toBe('one\r\n2\r\n');
  await expect(call('diff', '--out', 'a.txt/patch')).rejects.toMatchObject({ code: 'config-invalid' });
  await expect(call('undo', 'a', 'b')).rejects.toMatchObject({ code: 'request-invalid' });
}, 120_000);
