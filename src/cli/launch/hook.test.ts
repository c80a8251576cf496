import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { dataOf } from '../../testing/internal/json-data.ts';
import type { CommandIo } from '../input/command.ts';
import { command } from './hook-command.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function hook(
  input: string,
  args: readonly string[] = ['--wait'],
): Promise<Record<'code' | 'out' | 'err' | 'home', unknown>> {
  const home = mkdtempSync(path.join(tmpdir(), 'hook-'));
  dirs.push(home);
  let out = '';
  let err = '';
  const io: CommandIo = {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    env: { HOME: home },
    cwd: home,
    isTerminal: false,
    readInput: async () => Promise.resolve(input),
    signal: new AbortController().signal,
  };
  return { code: await command.run(args, io), out, err, home };
}

const event = (fields: object): string =>
  JSON.stringify({ session_id: 's', hook_event_name: 'Stop', transcript_path: '/nowhere/x.jsonl', ...fields });

describe('a hook never holds the harness up', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{{{'],
    ['another shape', '[]'],
    ['no session', JSON.stringify({ hook_event_name: 'Stop' })],
    ['a session that is no text', event({ session_id: 7 })],
  ])('%s: an error that does not block', async (_name, input) => {
    const { code, err, out } = await hook(input);
    // 2 would keep Claude Code from stopping.
    expect(code).toBe(1);
    expect(err).toMatch(/^pointsman: \[request-invalid\] .*standard input/u);
    expect(out).toBe('');
  });

  test('nor does a word that it does not know', async () => {
    expect((await hook(event({}), ['--bogus'])).code).toBe(1);
  });

  test.each([
    ['a session that did not come through the gateway', event({})],
    ['an id with a quote in it', event({ session_id: "' or 1=1 --" })],
    ['an event that is new to us', event({ hook_event_name: 'SomethingElse' })],
    ['before a compaction of a session that is not known', event({ hook_event_name: 'PreCompact' })],
  ])('%s: nothing is said, and nothing is made', async (_name, input) => {
    const { code, out, err, home } = await hook(input);
    expect([code, out, err]).toEqual([0, '', '']);
    expect(readdirSync(String(home))).toEqual([]);
  });

  test('--json says what was reported', async () => {
    const { out } = await hook(event({}), ['--json']);
    expect(dataOf(String(out))).toEqual({ sessionId: 's', reported: [] });
  });
});

test('each plugin carries the version of the package', () => {
  const versionIn = (file: string): unknown =>
    (JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as { readonly version?: string }).version;
  for (const file of ['plugin/.claude-plugin/plugin.json', 'plugins/gemini/gemini-extension.json'])
    expect(versionIn(file), file).toBe(versionIn('package.json'));
});
