import { spawn, type ChildProcess } from 'node:child_process';
import type { Ms } from '../../domain/time.ts';
import { type BoundedOutput, createBoundedOutput } from '../bounded-output.ts';
import type { CommandReport } from './command-report.ts';

export interface ProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: Ms;
  /** Kept of each of the two streams. */
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
  /** Hears what it writes, on either stream, as it comes. */
  readonly onOutput?: (bytes: Buffer) => void;
}

/** Between asking a process to end and making it end. */
const GRACE_MS: Ms = 2000;
/** How long the streams may stay open after the process has ended. */
const DRAIN_MS: Ms = 300;

/**
 * Runs one program, without a shell, in a process group of its own. At the time limit or on abort the whole group is
 * asked to end and then killed; what it leaves running in the background is killed too. Never rejects.
 */
export function runProcess(request: ProcessRequest): Promise<CommandReport> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(request.file, request.args, {
      cwd: request.cwd,
      env: { ...request.env },
      shell: false,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stdout = createBoundedOutput(request.maxOutputBytes);
    const stderr = createBoundedOutput(request.maxOutputBytes);
    const keep = (kept: BoundedOutput) => (bytes: Buffer) => {
      kept.add(bytes);
      request.onOutput?.(bytes);
    };
    child.stdout.on('data', keep(stdout));
    child.stderr.on('data', keep(stderr));
    let ended: 'timeout' | 'aborted' | undefined;
    const end = (why: 'timeout' | 'aborted'): void => {
      if (ended !== undefined) return;
      ended = why;
      killGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS);
    };
    let killTimer: NodeJS.Timeout | undefined;
    let drainTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => end('timeout'), request.timeoutMs);
    const onAbort = (): void => end('aborted');
    request.signal.addEventListener('abort', onAbort, { once: true });
    if (request.signal.aborted) onAbort();
    let settled = false;
    const settle = (failure?: string): void => {
      if (settled) return;
      settled = true;
      for (const pending of [timer, killTimer, drainTimer]) clearTimeout(pending);
      request.signal.removeEventListener('abort', onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({
        exitCode: child.exitCode ?? undefined,
        signal: child.signalCode ?? undefined,
        ended,
        failure,
        durationMs: Math.round(performance.now() - startedAt),
        stdout: stdout.text(),
        stderr: stderr.text(),
      });
    };
    child.on('error', (error) => settle(error.message));
    child.on('exit', () => {
      killGroup(child, 'SIGKILL');
      drainTimer = setTimeout(settle, DRAIN_MS);
    });
    child.on('close', () => settle());
  });
}

/** The group outlives its first process as long as another member runs. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
