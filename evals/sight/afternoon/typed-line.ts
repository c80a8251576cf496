import { spawn, type ChildProcess } from 'node:child_process';
import type { Environment } from '../../../src/domain/environment.ts';

/** What a person sees who typed one line. */
export interface Seen {
  readonly exitCode: number | null;
  readonly said: string;
  readonly seconds: number;
}

export interface Place {
  readonly cwd: string;
  readonly env: Environment;
}

const PATIENCE_MS = 600_000;

/** Types a line into a shell, as it stands, with nobody at the keyboard, and waits for its end. */
export async function typeLine(line: string, place: Place): Promise<Seen> {
  const startedAt = performance.now();
  const shell = shellWith(line, place);
  const timer = setTimeout(() => end(shell, 'SIGKILL'), PATIENCE_MS);
  const read = listen(shell);
  const exitCode = await new Promise<number | null>((resolve) => shell.once('close', resolve));
  clearTimeout(timer);
  return { exitCode, said: read(), seconds: (performance.now() - startedAt) / 1000 };
}

/** Types a line that goes on until it is ended, waits until it says what was looked for, looks, and presses Ctrl-C. */
export async function typeService(
  line: string,
  place: Place,
  says: RegExp,
  look: (found: string) => Promise<void>,
): Promise<Seen> {
  const startedAt = performance.now();
  const shell = shellWith(line, place);
  const timer = setTimeout(() => end(shell, 'SIGKILL'), PATIENCE_MS);
  const read = listen(shell);
  const closed = new Promise<number | null>((resolve) => shell.once('close', resolve));
  let seconds = 0;
  await new Promise<void>((resolve) => {
    const isThere = (): void => {
      if (seconds > 0 || !says.test(read())) return;
      seconds = (performance.now() - startedAt) / 1000;
      resolve();
    };
    shell.stdout?.on('data', isThere);
    shell.stderr?.on('data', isThere);
    shell.once('close', resolve);
  });
  try {
    if (seconds > 0) await look(says.exec(read())?.[1] ?? '');
  } finally {
    end(shell, 'SIGINT');
  }
  const exitCode = await closed;
  clearTimeout(timer);
  return { exitCode, said: read(), seconds };
}

/** A group of its own, so that Ctrl-C reaches what the line started. */
function shellWith(line: string, { cwd, env }: Place): ChildProcess {
  return spawn('sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

function end(shell: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (shell.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function listen(shell: ChildProcess): () => string {
  let said = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  return () => said;
}
