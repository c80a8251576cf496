import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const sleeper = `require('fs').writeFileSync('pid.new', String(process.pid)); require('fs').renameSync('pid.new', 'pid'); setTimeout(() => {}, 60000)`;

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

async function startSleeper(): Promise<number> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  send({ id: 1, method: 'initialize', params });
  send({ method: 'notifications/initialized' });
  send({ id: 2, method: 'tools/call', params: { name: 'run', arguments: { program: 'node', args: ['sleep.cjs'] } } });
  const file = path.join(workspace, 'pid');
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 20_000 });
  return Number(readFileSync(file, 'utf8'));
}

/** A process that was killed may stay in the table until its parent asks: that is not running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('nothing that was started outlives a client that goes away, as it does after kill -9', async () => {
  const pid = await startSleeper();
  expect(isRunning(pid)).toBe(true);
  runner.stdin?.destroy();
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  await expect.poll(() => runner.exitCode, { timeout: 10_000 }).toBe(0);
});

test('a cancelled call ends its command, and the runner goes on', async () => {
  const pid = await startSleeper();
  send({ method: 'notifications/cancelled', params: { requestId: 2 } });
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  expect(runner.exitCode).toBeNull();
});
