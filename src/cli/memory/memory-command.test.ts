import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataOf } from '../../testing/internal/json-data.ts';
import { command } from './memory-command.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pm-memory-cli-'));
  mkdirSync(path.join(home, 'project'));
  mkdirSync(path.join(home, 'other'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function run(args: readonly string[], folder = 'project'): Promise<string> {
  let out = '';
  await command.run(args, {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    env: { HOME: home },
    cwd: path.join(home, folder),
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return out;
}

test('a fact is added, shown, carried to another project and forgotten', async () => {
  await run(['add', 'Money is kept in cents.', '--name', 'money', '--kind', 'convention']);
  await run(['add', 'I like short answers.', '--scope', 'user', '--name', 'style', '--expires', '2099-01-01']);
  expect(readdirSync(path.join(home, 'project/.pointsman/memory'))).toEqual(['money.md']);
  const list = await run([]);
  expect(list).toMatch(/money +project +convention/u);
  expect(list).toMatch(/style +user .*2099-01-01/u);
  expect(await run(['show', 'money'])).toBe('Money is kept in cents.\n');
  await run(['export', '../carried.json']);
  expect(dataOf(await run(['import', '../carried.json', '--json'], 'other'))).toMatchObject({
    left: [{ name: 'style' }],
  });
  expect(await run(['show', 'money'], 'other')).toBe('Money is kept in cents.\n');
  await run(['forget', 'money'], 'other');
  expect(await run(['list'], 'other')).not.toContain('money');
  expect(await run(['list'])).toContain('money');
});

test.each<[readonly string[], RegExp]>([
  [['add', 'password = hunter2hunter2'], /secret/u],
  [['add'], /nothing to remember/u],
  [['add', 'x', '--kind', 'rumour'], /--kind rumour/u],
  [['add', 'x', '--expires', 'soon'], /--expires soon/u],
  [['forget', '../project'], /no name/u],
  [['show', 'nothing'], /Nothing is remembered/u],
  [['dream'], /dream is not known/u],
  [['add', '--job', 'job-1'], /Nobody can be asked|no job/u],
  [['import', 'nowhere.json'], /cannot be read/u],
])('%j is an error with a hint', async (args, message) => {
  await expect(run(args)).rejects.toThrow(
    expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(/\w/u) }),
  );
});
