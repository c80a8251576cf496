import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PointsmanError } from '../domain/errors.ts';
import type { Ms } from '../domain/time.ts';

const WAIT_MS: Ms = 20_000;
const LOOK_AGAIN_MS: Ms = 20;

/**
 * Reads and writes files of the user's own while no other process of theirs does: what one has written since they were read
 * cannot get lost. The lock is one of SQLite, so it ends with its process, however that ends. Not to be taken twice.
 * @param dir as of `userDataDir`; made where it is missing
 * @throws PointsmanError `config-invalid` where it cannot be had
 */
export function whileLocked<Result>(dir: string, name: string, act: () => Result): Result {
  const lock = lockIn(dir, name);
  try {
    return act();
  } finally {
    lock.close();
  }
}

/**
 * The same for what takes its time; who waits holds nothing else of its process up.
 * @throws PointsmanError `config-invalid` as `whileLocked`
 */
export async function whileLockedAsync<Result>(dir: string, name: string, act: () => Promise<Result>): Promise<Result> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const lock = takeLock(dir, name, 0);
    if ('close' in lock) {
      try {
        return await act();
      } finally {
        lock.close();
      }
    }
    if (!lock.isBusy || waitedMs >= WAIT_MS) throw notLocked(dir, name, lock.cause);
    await delay(LOOK_AGAIN_MS);
  }
}

function lockIn(dir: string, name: string): Lock {
  const lock = takeLock(dir, name, WAIT_MS);
  if ('close' in lock) return lock;
  throw notLocked(dir, name, lock.cause);
}

interface Lock {
  close(): void;
}

/** SQLITE_BUSY: somebody else has it. */
const BUSY = 5;

function takeLock(
  dir: string,
  name: string,
  timeout: Ms,
): Lock | { readonly isBusy: boolean; readonly cause: unknown } {
  let lock: Lock | undefined;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Loaded here alone: most commands never write what they trust.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(path.join(dir, name), { timeout });
    lock = database;
    database.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock?.close();
    return { isBusy: (cause as { readonly errcode?: number }).errcode === BUSY, cause };
  }
}

function notLocked(dir: string, name: string, cause: unknown): PointsmanError {
  return new PointsmanError('config-invalid', `${path.join(dir, name)} cannot be locked.`, {
    cause,
    hint: 'Make that folder writable, or come again when no other pointsman is busy there.',
  });
}
