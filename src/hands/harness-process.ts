import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ms } from '../domain/time.ts';
import type { HandsEnd, HandsStep } from './hands.ts';

/** How the process of a harness is started. */
export interface HarnessStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One that runs. */
export interface HarnessProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Asks it to end, and makes it. */
  readonly stop: () => void;
  readonly ending: Promise<Ending>;
}

interface Ending {
  /** `null`: a signal ended it, or it was never started. */
  readonly code: number | null;
  readonly isStarted: boolean;
  /** The end of its error output, or why it could not be started. */
  readonly complaint: string;
}

const GRACE_MS: Ms = 3000;
const MAX_ERROR_CHARS = 2000;
/** Carries an attempt's mark, by which a process that outlived its parent is known again. */
const MARK = 'POINTSMAN_HANDS';

/**
 * Starts a harness, talks with it, and ends it with all that it started.
 * @param converse what came of it; `undefined`: it went without an answer
 * @throws PointsmanError `aborted`
 */
export async function withHarness(
  step: HandsStep,
  { file, args, env }: HarnessStart,
  converse: (harness: HarnessProcess) => Promise<HandsEnd | undefined>,
): Promise<HandsEnd> {
  const child = spawn(file, args, {
    cwd: step.workspace,
    env: { ...env, [MARK]: step.mark },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const stop = (): void => {
    killGroup(child.pid, 'SIGTERM');
    setTimeout(() => {
      killGroup(child.pid, 'SIGKILL');
      // What left its group may hold them open, and nobody waits for that.
      child.stdout.destroy();
      child.stderr.destroy();
    }, GRACE_MS).unref();
  };
  step.signal.addEventListener('abort', stop, { once: true });
  child.stdin.on('error', () => undefined);
  const ending = endOf(child);
  try {
    if (child.pid !== undefined) await step.onEvent({ type: 'process', processId: child.pid });
    const end = await converse({ child, stop, ending });
    step.signal.throwIfAborted();
    if (end !== undefined) return end;
    const ended = await ending;
    step.signal.throwIfAborted();
    const why = `It ended with exit code ${ended.code ?? 'none'} and without an answer: ${ended.complaint.trim()}`;
    return { kind: wasKilled(ended) ? 'gone' : 'failed', why };
  } finally {
    step.signal.removeEventListener('abort', stop);
    // Asked to end, it writes down where its session stands, from which it is to go on.
    if (step.signal.aborted) await Promise.race([ending, delay(GRACE_MS, undefined, { ref: false })]);
    killGroup(child.pid, 'SIGKILL');
  }
}

/** By a signal, or as a shell says so of what it started. */
export function wasKilled({ code, isStarted }: Ending): boolean {
  return isStarted && (code === null || code > 128);
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<Ending> {
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => (complaint = (complaint + bytes.toString()).slice(-MAX_ERROR_CHARS)));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, isStarted: false, complaint: error.message }));
    child.once('close', (code) => resolve({ code, isStarted: true, complaint }));
  });
}

/** A process of the same attempt whose parent died: two of them would write the same files. Known by its mark, where the system tells. */
export function endLeftOver({ left, mark }: Pick<HandsStep, 'left' | 'mark'>): void {
  if (left.processId === undefined) return;
  try {
    const env = readFileSync(`/proc/${left.processId}/environ`, 'utf8');
    if (env.split('\0').includes(`${MARK}=${mark}`)) killGroup(left.processId, 'SIGKILL');
  } catch {
    // It is gone, or this system does not tell.
  }
}

function killGroup(processId: number | undefined, signal: NodeJS.Signals): void {
  if (processId === undefined) return;
  try {
    process.kill(-processId, signal);
  } catch {
    // Nobody of the group is left.
  }
}
