import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { openCodeRoom } from './run-code.ts';

const temporary = realpathSync(mkdtempSync(path.join(tmpdir(), 'pm-run-code-')));
vi.stubEnv('TMPDIR', temporary);
const room = openCodeRoom(process.env);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

const run = async (source: string): Promise<unknown> => room.run(source, [1, 2], new AbortController().signal);
const fs = "const fs = await import('node:fs');";

test.each([
  ['closed folders', "fs.mkdirSync('x/y', { recursive: true }); fs.chmodSync('x/y', 0); fs.chmodSync('x', 0);"],
  ['a closed room', "fs.chmodSync('.', 0o500);"],
  ['a result that is a folder', "fs.mkdirSync(process.argv[1].replace('.mjs', '.json'));"],
  ['a result that leads elsewhere', "fs.symlinkSync('/etc/passwd', process.argv[1].replace('.mjs', '.json'));"],
])('%s keeps nobody from running the next answer', async (_what, mischief) => {
  await run(`${fs} ${mischief} function solve(input) { return input; }`);
  expect(await run('function solve(input) { return input + 1; }')).toEqual([2, 3]);
});

test('an answer sees nothing of another, nor of its user, and reaches nobody', async () => {
  await run(`${fs} fs.writeFileSync('left', 'x'); function solve() { return 1; }`);
  const seen = await run(
    `${fs} const net = await import('node:net');
     const reached = await new Promise((resolve) => net.connect(9, '127.0.0.1').on('error', ({ code }) => resolve(code)).on('connect', () => resolve('reached')));
     function solve() { return [fs.readdirSync('.').length, Object.keys(process.env).filter((name) => /KEY|TOKEN|HOME/u.test(name)), reached]; }`,
  );
  expect(seen).toEqual([
    [1, [], 'ECONNREFUSED'],
    [1, [], 'ECONNREFUSED'],
  ]);
});

test('nothing is left behind', async () => {
  await run(`${fs} fs.mkdirSync('x/y', { recursive: true }); fs.chmodSync('x', 0); function solve() { return 1; }`);
  const made = readdirSync(temporary).filter((name) => name.startsWith('pointsman-evaluate-'));
  expect(made).toHaveLength(1);
  expect(readdirSync(path.join(temporary, made[0] ?? ''))).toEqual([]);
  room.close();
  expect(readdirSync(temporary).filter((name) => name.startsWith('pointsman-'))).toEqual([]);
});
