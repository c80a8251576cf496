import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTrustFile } from './trust-file.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'trust-file-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const ANSWERS = 25;

/** A process that remembers answers under its own name, one after the other, and says each once it is remembered. */
function answering(name: string): { readonly said: string[]; readonly ended: Promise<void>; kill(): void } {
  const module = pathToFileURL(path.join(import.meta.dirname, 'trust-file.ts')).href;
  const code = `const { openTrustFile } = await import(${JSON.stringify(module)});
    const trusted = openTrustFile(${JSON.stringify(dir)});
    for (let index = 0; index < ${ANSWERS}; index += 1) {
      const key = ${JSON.stringify(name)} + index;
      trusted.write('effects', key, key);
      process.stdout.write(key + ' ');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(...chunk.toString().split(' ').filter(Boolean)));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  return { said, ended, kill: () => child.kill('SIGKILL') };
}

test('of what several processes remember at once nothing is lost, also when one is killed', async () => {
  const processes = ['a', 'b', 'c', 'killed'].map(answering);
  await vi.waitUntil(() => (processes.at(-1)?.said.length ?? 0) >= 3, { timeout: 30_000, interval: 5 });
  processes.at(-1)?.kill();
  await Promise.all(processes.map(({ ended }) => ended));
  const known = new Set(openTrustFile(dir).keys('effects'));
  const said = processes.flatMap((one) => one.said);
  expect(said.length).toBeGreaterThanOrEqual(3 * ANSWERS + 3);
  expect(said.filter((key) => !known.has(key))).toEqual([]);
  // Whoever comes later finds no lock of the dead one, and what it left half written is nobody's answer.
  openTrustFile(dir).write('folders', '/a', 'digest');
  expect(openTrustFile(dir).read('folders', '/a')).toBe('digest');
  expect(JSON.parse(readFileSync(path.join(dir, 'trust.json'), 'utf8'))).toMatchObject({ v: 1 });
  expect(readdirSync(dir)).toContain('trust.json');
});
