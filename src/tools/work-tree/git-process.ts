import { spawn } from 'node:child_process';
import type { Ms } from '../../domain/time.ts';

export interface GitRun {
  /** The program. */
  readonly git: string;
  readonly cwd: string;
  /** All that it sees. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: Buffer | undefined;
  /** An exit code of 1 says something, and no failure. */
  readonly mayFail?: boolean | undefined;
  readonly limitMs: Ms;
}

/** What git printed; `undefined`: it failed, was not there, or took too long. */
export async function runGit(
  args: readonly string[],
  { git, cwd, env, input, mayFail = false, limitMs }: GitRun,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const stdin = input === undefined ? 'ignore' : 'pipe';
    const child = spawn(git, args, { cwd, env: { ...env }, stdio: [stdin, 'pipe', 'ignore'], timeout: limitMs });
    const parts: Buffer[] = [];
    child.stdout?.on('data', (part: Buffer) => parts.push(part));
    child.on('error', () => resolve(undefined));
    child.stdin?.on('error', () => undefined);
    child.on('close', (code) => resolve(code === 0 || (mayFail && code === 1) ? Buffer.concat(parts) : undefined));
    child.stdin?.end(input);
  });
}
