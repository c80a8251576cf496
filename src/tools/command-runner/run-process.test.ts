import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { formatCommandReport, isSuccess, readCommandStatus } from './command-report.ts';
import { type ProcessRequest, runProcess } from './run-process.ts';

const run = (script: string, overrides: Partial<ProcessRequest> = {}) =>
  runProcess({
    file: process.execPath,
    args: ['-e', script],
    cwd: process.cwd(),
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: 20_000,
    maxOutputBytes: 1000,
    signal: new AbortController().signal,
    ...overrides,
  });

/** A process that was killed may stay in the table until its parent asks: that is not running. */
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux';
  }
};

/** Writes its pid to a file, ignores being asked to end, and would live for a minute. */
const stubborn = `process.on('SIGTERM', () => {}); require('fs').writeFileSync('pid.new', String(process.pid)); require('fs').renameSync('pid.new', 'pid'); setTimeout(() => {}, 600000)`;
const parent = (then: string): string =>
  `const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'inherit' }); ${then}`;

describe('a process', () => {
  test('gives its exit code and both streams', async () => {
    const report = await run('console.log("out"); console.error("err"); process.exit(3)');
    expect(report).toMatchObject({ exitCode: 3, ended: undefined, stdout: 'out\n', stderr: 'err\n' });
    expect(isSuccess(report)).toBe(false);
    expect(readCommandStatus(formatCommandReport(report))).toEqual({ exitCode: 3, durationMs: report.durationMs });
  });

  test('sees only the environment that it is given', async () => {
    const report = await run('console.log(Object.keys(process.env).filter((k) => !k.startsWith("__")).join())', {
      env: { PATH: '/x', ONE: '1' },
    });
    expect(report.stdout.trim().split(',').sort()).toEqual(['ONE', 'PATH']);
  });

  test('that writes without end is cut in the middle and goes on', async () => {
    const report = await run('process.stdout.write("A" + "x".repeat(5e6) + "Z")', { maxOutputBytes: 900 });
    expect(report.exitCode).toBe(0);
    expect(report.stdout).toMatch(/^Ax{599}\n\[… 4999102 bytes cut …\]\nx{299}Z$/u);
  });

  test('that does not end is ended at its limit', async () => {
    const report = await run('setTimeout(() => {}, 600000)', { timeoutMs: 300 });
    expect(report).toMatchObject({ exitCode: undefined, ended: 'timeout' });
    expect(formatCommandReport(report)).toMatch(/^stopped at the time limit after \d+ ms/u);
    expect(readCommandStatus(formatCommandReport(report))?.exitCode).toBeUndefined();
  });

  test('is ended with everything it started, even what ignores being asked', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'process-'));
    const abort = new AbortController();
    const running = run(parent('setTimeout(() => {}, 600000)'), { cwd: folder, signal: abort.signal });
    const pid = await vi.waitFor(() => Number(readFileSync(path.join(folder, 'pid'), 'utf8')));
    expect(isRunning(pid)).toBe(true);
    abort.abort();
    expect(await running).toMatchObject({ exitCode: undefined, ended: 'aborted' });
    await expect.poll(() => isRunning(pid)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test('leaves nothing running in the background', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'process-'));
    const untilPid = `const t = setInterval(() => { if (require('fs').existsSync('pid')) process.exit(0); }, 20)`;
    expect(await run(parent(untilPid), { cwd: folder })).toMatchObject({ exitCode: 0, ended: undefined });
    const pid = Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test('ends when it is cancelled, also before it began', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    expect(await run('setTimeout(() => {}, 600000)', { signal: abort.signal })).toMatchObject({ ended: 'aborted' });
    expect(await run('setTimeout(() => {}, 600000)', { signal: AbortSignal.abort() })).toMatchObject({
      ended: 'aborted',
    });
  });

  test('that cannot be started says so', async () => {
    const report = await run('', { file: '/no/such/file' });
    expect([isSuccess(report), formatCommandReport(report)]).toEqual([
      false,
      expect.stringMatching(/^could not start: /u),
    ]);
  });
});

test('a report shows no terminal codes, and no other text passes for one', () => {
  const report = {
    exitCode: 0,
    signal: undefined,
    ended: undefined,
    failure: undefined,
    durationMs: 5,
    stdout: '\u001B[31mred\u001B[0m\n',
    stderr: '',
  };
  expect(formatCommandReport(report)).toBe('exit code 0 after 5 ms\n--- stdout ---\nred');
  expect(formatCommandReport({ ...report, stdout: '' })).toBe('exit code 0 after 5 ms\n(no output)');
  for (const text of ['', 'exit code', 'x\nexit code 0 after 5 ms', 'exit code 0 after 5 msx'])
    expect(readCommandStatus(text)).toBeUndefined();
});
