import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { DAY_MS } from '../../domain/time.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { EXIT } from '../input/exit-code.ts';
import { isOnPath, lookAround } from '../input/machine.ts';
import { command } from './overview-command.ts';

const SESSIONS = path.resolve(import.meta.dirname, '../../../fixtures/sessions');

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'pointsman-overview-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Logs as a client would have written them, so many days ago. */
function plant(client: string, folder: string, daysAgo: number): void {
  const target = path.join(home, folder);
  cpSync(path.join(SESSIONS, client), target, { recursive: true });
  const at = new Date(Date.now() - daysAgo * DAY_MS);
  for (const file of filesIn(target)) {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/2026-11-\d\d(?=T)/gu, at.toISOString().slice(0, 10)));
    utimesSync(file, at, at);
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}

async function overview(env: Record<string, string> = {}, ...args: readonly string[]): Promise<string> {
  let text = '';
  const code = await command.run(args, {
    stdout: (more) => void (text += more),
    stderr: () => undefined,
    env: { HOME: home, ...env },
    cwd: home,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  expect(code).toBe(EXIT.ok);
  return text;
}

const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ {2}npx pointsman (\w+)/gmu)].map(([, name = '']) => name);

describe('the first thing that anybody runs', () => {
  test('finds nothing on an empty machine, says so, and leaves nothing behind', async () => {
    const text = await overview();
    expect(text.match(/none found/gu)).toHaveLength(3);
    expect(commandsIn(text)).toEqual(['demo', 'doctor', 'models']);
    expect(readdirSync(home)).toEqual([]);
  });

  test('counts the logs, keys by name, and harnesses that are there, within 80 columns', async () => {
    plant('claude-code', '.claude/projects/p', 1);
    plant('codex', '.codex/sessions/2026', 1);
    const bin = path.join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'codex'), '');
    chmodSync(path.join(bin, 'codex'), 0o755);
    const key = 'sk-ant-api03-not-to-be-shown';
    const text = await overview({ ANTHROPIC_API_KEY: key, POINTSMAN_OPENAI_API_KEY: key, PATH: bin });
    expect(text).toMatch(/logs of +claude-code \(\d+\), codex \(\d+\)\n/u);
    expect(text).toMatch(/keys +ANTHROPIC_API_KEY, POINTSMAN_OPENAI_API_KEY\n/u);
    expect(text).toMatch(/harnesses +codex\n/u);
    expect(text).toMatch(/^total +\d+ .*\$\d/mu);
    expect(text).not.toContain(key);
    expect(commandsIn(text)).toEqual(['replay', 'spend', 'run']);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('offers to start a harness where a key can pay for its calls', async () => {
    const bin = path.join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'claude'), '', { mode: 0o755 });
    expect(commandsIn(await overview({ PATH: bin }))).toEqual(['demo', 'doctor', 'models']);
    expect(commandsIn(await overview({ PATH: bin, OPENAI_API_KEY: 'x' }))).toEqual(['run', 'claude', 'demo']);
  });

  test('reads no log that was last written before the span', async () => {
    plant('claude-code', '.claude/projects/p', 31);
    const text = await overview();
    expect(text).toContain('claude-code (');
    expect(text).toContain('Nothing in the last 30 days.');
    expect(commandsIn(text)).not.toContain('replay');
  });

  test('keeps many names in one line', async () => {
    const vendors = ['ANTHROPIC', 'OPENAI', 'GEMINI', 'DEEPSEEK', 'MISTRAL', 'XAI', 'MOONSHOT', 'ZAI', 'DASHSCOPE'];
    const text = await overview(Object.fromEntries(vendors.map((vendor) => [`${vendor}_API_KEY`, 'x'])));
    expect(text).toMatch(/^ {2}keys .* and \d+ more$/mu);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('--json says the same for machines', async () => {
    plant('claude-code', '.claude/projects/p', 1);
    const said = dataOf(await overview({ OPENAI_API_KEY: 'hidden' }, '--json')) as Record<string, unknown>;
    expect(said).toMatchObject({ days: 30, keyNames: ['OPENAI_API_KEY'], isPartial: false });
    expect(JSON.stringify(said)).not.toContain('hidden');
  });
});

test('what time does not allow to read is said to be missing', async () => {
  plant('claude-code', '.claude/projects/p', 1);
  const machine = await lookAround({
    home,
    env: {},
    catalog: loadCatalog(),
    sinceAt: 0,
    signal: AbortSignal.abort(),
  });
  expect(machine).toMatchObject({ isPartial: true, sessionCount: 0 });
  expect(machine.logs.length).toBeGreaterThan(0);
});

test('a program is looked for as the system’s shell would', () => {
  for (const name of ['claude', 'codex.cmd']) {
    writeFileSync(path.join(home, name), '');
    chmodSync(path.join(home, name), 0o755);
  }
  writeFileSync(path.join(home, 'gemini'), '', { mode: 0o644 });
  expect(['claude', 'codex', 'gemini'].map((name) => isOnPath(name, `/nowhere:${home}`, 'linux'))).toEqual([
    true,
    false,
    false,
  ]);
  expect(isOnPath('claude', home, 'win32')).toBe(false);
});
