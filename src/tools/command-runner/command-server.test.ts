import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const sleeper = `require('fs').writeFileSync('pid.new', String(process.pid)); require('fs').renameSync('pid.new', 'pid'); setTimeout(() => {}, 600000)`;

let workspace = '';
let runner: ChildProcess;
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'runner-'));
  writeFileSync(path.join(workspace, 'sleep.cjs'), sleeper);
  runner = spawn(process.execPath, [main, '--workspace', workspace], { stdio: ['pipe', 'pipe', 'inherit'] });
});
afterEach(() => {
  runner.kill('SIGKILL');
  rmSync(workspace, { recursive: true, force: true });
});

function send(message: object): void {
  runner.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

async function startSleeper(): Promise<string> {
  const mark = path.basename(workspace);
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  send({ id: 1, method: 'initialize', params });
  send({ method: 'notifications/initialized' });
  send({
    id: 2,
    method: 'tools/call',
    params: { name: 'run', arguments: { program: 'node', args: ['sleep.cjs', mark] } },
  });
  const file = path.join(workspace, 'pid');
  await vi.waitFor(() => expect(existsSync(file)).toBe(true));
  return mark;
}

/**
 * By its words, since in a sandbox it has another number than outside. A process that was killed may stay in the table until
 * its parent asks: that is not running.
 */
function isRunning(mark: string): boolean {
  const table = spawnSync('ps', ['ax', '-o', 'stat=,args='], { encoding: 'utf8' }).stdout.split('\n');
  return table.some((line) => line.endsWith(`sleep.cjs ${mark}`) && !line.startsWith('Z'));
}

test('nothing that was started outlives a client that goes away, as it does after kill -9', async () => {
  const mark = await startSleeper();
  expect(isRunning(mark)).toBe(true);
  runner.stdin?.destroy();
  await expect.poll(() => isRunning(mark)).toBe(false);
  await expect.poll(() => runner.exitCode).toBe(0);
});

test('a cancelled call ends its command, and the runner goes on', async () => {
  const mark = await startSleeper();
  send({ method: 'notifications/cancelled', params: { requestId: 2 } });
  await expect.poll(() => isRunning(mark)).toBe(false);
  expect(runner.exitCode).toBeNull();
});
