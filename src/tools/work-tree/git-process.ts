import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
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

/**
 * What git printed to two questions that begin alike, asked at once. A large process such as ours takes several times as long to
 * start another as git takes to answer: it starts one, a shell, which starts both.
 * @param ends of the questions, in words that a shell takes as they are
 */
export async function runGitTwice(
  beginning: readonly string[],
  [first, second]: readonly [string, string],
  { git, cwd, env, limitMs }: Pick<GitRun, 'git' | 'cwd' | 'env' | 'limitMs'>,
): Promise<readonly [Buffer, Buffer] | undefined> {
  const script = `"$0" "$@" ${first} 3>&- & one=$!
"$0" "$@" ${second} >&3 3>&- & other=$!
trap 'kill $one $other; exit 1' TERM
wait $one && wait $other`;
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', script, git, ...beginning], {
      cwd,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
      timeout: limitMs,
    });
    const [ofFirst, ofSecond] = [bytesOf(child.stdio[1]), bytesOf(child.stdio[3])];
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? [ofFirst(), ofSecond()] : undefined));
  });
}

function bytesOf(stream: unknown): () => Buffer {
  const parts: Buffer[] = [];
  if (stream instanceof Readable) stream.on('data', (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts);
}
