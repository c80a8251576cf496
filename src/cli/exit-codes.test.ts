import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERROR_CODES, PointsmanError, type ErrorCode } from '../domain/errors.ts';
import type { CommandIo } from './input/command.ts';
import { EXIT, exitCodeOf } from './input/exit-code.ts';
import { commands } from './registry.ts';
import { runCommand, speaksJson } from './run-command.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/command-line.md'), 'utf8');
/** The rows of the table of exit codes. */
const documented = [...page.matchAll(/^\| (\d+) \| .* \| (.*)\|$/gmu)].map(([, code = '', errors = '']) => ({
  code: Number(code),
  errors: [...errors.matchAll(/`([a-z-]+)`/gu)].map(([, name = '']) => name),
}));

test('every exit code and every code of an error stands in the table once, beside each other', () => {
  expect(documented.map(({ code }) => code)).toEqual(Object.values(EXIT).toSorted((one, other) => one - other));
  expect(documented.flatMap(({ errors }) => errors).toSorted()).toEqual([...ERROR_CODES].toSorted());
  for (const { code, errors } of documented)
    for (const name of errors) expect([name, exitCodeOf(name as ErrorCode)]).toEqual([name, code]);
});

const documentedOf = (error: string): number | undefined =>
  documented.find(({ errors }) => errors.includes(error))?.code;

let home: string;
let vendor: Server;
let answer: { readonly status: number; readonly type: string };
beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'pointsman-exit-'));
  writeFileSync(path.join(home, 'pointsman.config.yaml'), 'tools: { defaults: never }\n');
  writeFileSync(path.join(home, 'none.yaml'), 'colour: red\n');
  vendor = createServer((request, response) => {
    if (request.url === '/pointsman/tail') {
      response.flushHeaders();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'error', error: { type: answer.type, message: 'no' } }));
  });
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => vendor.close(resolve));
  rmSync(home, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function ran(argv: readonly string[], more: Partial<CommandIo> = {}): Promise<Ran> {
  const [name = '', ...args] = argv;
  let [out, err] = ['', ''];
  const entry = commands[name];
  if (entry === undefined) throw new Error(`no command is called ${name}`);
  const { command } = await entry.load();
  const code = await runCommand(command, args, {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`,
    },
    cwd: home,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
    ...more,
  });
  return { code, out, err };
}

/** Those that hand what they do not know to another program, which says so itself, and a hook, which never ends with 2: its harness would stop. */
const OTHERS = new Set([
  'hook',
  ...Object.entries(commands).flatMap(([name, { passesOn }]) => (passesOn ? [name] : [])),
]);
const own = Object.keys(commands).filter((name) => !OTHERS.has(name));

describe('each kind of failure ends as the table says', () => {
  test.each(own)('%s: an option that does not exist', async (name) => {
    const { command } = (await commands[name]?.load()) ?? {};
    const isForMachines = command !== undefined && speaksJson(command);
    const { code, out, err } = await ran([name, '--no-such-option', ...(isForMachines ? ['--json'] : [])]);
    const [, said = ''] = /^pointsman: \[([a-z-]+)\]/u.exec(err) ?? [];
    expect([said, code]).toEqual([expect.stringMatching(/^(?:request|config)-invalid$/u), documentedOf(said)]);
    if (isForMachines) expect(JSON.parse(out)).toMatchObject({ v: 1, command: name, error: { code: said } });
  });

  test.each([
    ['nothing of this name', ['explain', 'job-nowhere'], 'not-found'],
    ['a file that is no policy', ['policies', './none.yaml'], 'policy-invalid'],
    ['a file that is not there', ['policies', 'no/such.yaml'], 'not-found'],
    ['no model that may take it', ['run', 'x', '--policy', 'local-only'], 'no-eligible-model'],
  ] as const)('%s', async (_what, argv, error) => {
    const { code, out, err } = await ran(argv);
    expect(`${out}${err}`).toContain(`[${error}]`);
    expect(code).toBe(documentedOf(error));
  });

  test.each([
    [401, 'authentication_error', 'provider-auth'],
    [400, 'invalid_request_error', 'provider-rejected'],
  ] as const)('a vendor that answers %i', async (status, type, error) => {
    answer = { status, type };
    const { code, out } = await ran(['run', 'x', '--model', 'claude-haiku-4-5']);
    expect(out).toContain(error);
    expect(code).toBe(documentedOf(error));
  });

  test('a check that fails, an interrupt, a fault of ours, and nothing', async () => {
    answer = { status: 401, type: 'authentication_error' };
    expect((await ran(['doctor'])).code).toBe(1);
    expect((await ran(['run', 'x'], { signal: AbortSignal.abort() })).code).toBe(130);
    const io: CommandIo = {
      stdout: () => undefined,
      stderr: () => undefined,
      env: {},
      cwd: home,
      isTerminal: false,
      signal: new AbortController().signal,
    };
    const throwing = (thrown: Error): Promise<number> =>
      runCommand({ name: 'x', usage: '', run: () => Promise.reject(thrown) }, [], io);
    expect(await throwing(new TypeError('ours'))).toBe(70);
    for (const name of ERROR_CODES)
      expect([name, await throwing(new PointsmanError(name, 'x'))]).toEqual([name, documentedOf(name)]);
    expect((await ran(['jobs'])).code).toBe(0);
  });
});

test.each([
  [['serve', '--port', '0']],
  [['mcp', '--http', '0']],
  [['mcp']],
  [['ui', '--from-store']],
  [['tail', '--url', 'VENDOR']],
  [['spend', '--live']],
])(
  'what runs until it is told to stop ends with 0: %j',
  async (argv) => {
    const stop = new AbortController();
    const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
    let isRunning = true;
    const running = ran(
      argv.map((word) => (word === 'VENDOR' ? url : word)),
      { signal: stop.signal },
    ).finally(() => (isRunning = false));
    await setTimeout(1000);
    expect(isRunning).toBe(true);
    stop.abort();
    const { code, err } = await running;
    expect([code, err.includes('[')]).toEqual([0, false]);
  },
  30_000,
);
