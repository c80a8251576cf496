import { spawn } from 'node:child_process';
import os from 'node:os';
import type { Secret } from '../../config/secret.ts';
import { withoutPassword } from '../../config/store-passwords.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { HarnessLaunch, LaunchedHarness, LaunchTarget } from '../../gateway/connect/harness.ts';
import type { CommandIo } from '../input/command.ts';
import { writeLaunchFiles } from './launch-files.ts';

const STORE_VARIABLE = 'POINTSMAN_STORE';

export interface HarnessRun extends LaunchTarget {
  /** Its program, absolute. */
  readonly file: string;
  /** The user's own arguments. */
  readonly args: readonly string[];
  /** Of a store in PostgreSQL. Its password is for us alone: a program of the harness that looks there finds it in `~/.pgpass`. */
  readonly storeAddress?: Secret | undefined;
}

/**
 * Starts a harness at this terminal and waits for its end. Ctrl-C is the harness's: it reaches it by the terminal itself.
 * @returns its exit code; 128 and the signal's number where a signal ended it, as shells say it
 * @throws PointsmanError `tool-unavailable` when it cannot be started; an abort when Ctrl-C came before it was
 */
export async function runHarness(
  io: CommandIo,
  harness: LaunchedHarness,
  { file: program, args, ...target }: HarnessRun,
): Promise<number> {
  io.signal.throwIfAborted();
  const launch = harness.launch(target);
  const isGiven = (...names: readonly string[]): boolean =>
    args.some((one) => names.some((name) => one === name || one.startsWith(`${name}=`)));
  const files = writeLaunchFiles(launch, harness, { target, io, isGiven });
  const more = launch.unlessGiven === undefined || isGiven(...launch.unlessGiven.names) ? [] : launch.unlessGiven.args;
  const giveBack = leaveInterrupts();
  try {
    return await ended(io, program, {
      args: [...launch.args, ...more, ...files.args, ...args],
      env: { ...environmentOf(io, launch, target.storeAddress), ...files.env },
    });
  } finally {
    giveBack();
    const lost = files.lost?.();
    if (lost !== undefined) io.stderr(`! ${lost}\n`);
    files.remove();
  }
}

function environmentOf(
  io: CommandIo,
  { env, unset }: HarnessLaunch,
  storeAddress: Secret | undefined,
): NodeJS.ProcessEnv {
  const kept = Object.entries(io.env)
    .filter(([name]) => !unset.includes(name))
    .map(([name, value]) => {
      const isStore = name === STORE_VARIABLE || (value !== undefined && value.trim() === storeAddress?.reveal());
      return [name, isStore && value !== undefined ? withoutPassword(value) : value] as const;
    });
  return { ...Object.fromEntries(kept), ...env };
}

function ended(
  io: CommandIo,
  program: string,
  { args, env }: { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: io.cwd, env, stdio: 'inherit' });
    const end = (): void => void child.kill('SIGTERM');
    // A terminal that closes says so to both; whoever else says so to us means it, too.
    const hangUp = (): void => void child.kill('SIGHUP');
    const release = (): void => {
      io.signal.removeEventListener('abort', end);
      process.off('SIGHUP', hangUp);
    };
    io.signal.addEventListener('abort', end, { once: true });
    process.on('SIGHUP', hangUp);
    child.once('error', (cause) => {
      release();
      reject(new PointsmanError('tool-unavailable', `The program "${program}" could not be started.`, { cause }));
    });
    child.once('close', (code, signal) => {
      release();
      resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]));
    });
  });
}

/** The terminal sends Ctrl-C to the harness and to us; what it means there is the harness's own. */
function leaveInterrupts(): () => void {
  const earlier = process.listeners('SIGINT');
  const stay = (): void => undefined;
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', stay);
  return () => {
    process.off('SIGINT', stay);
    for (const listener of earlier) process.on('SIGINT', listener);
  };
}
