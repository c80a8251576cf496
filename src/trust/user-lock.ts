import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';

const WAIT_MS = 20_000;

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

function lockIn(dir: string, name: string): { close(): void } {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Loaded here alone: most commands never write what they trust.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const lock = new DatabaseSync(path.join(dir, name), { timeout: WAIT_MS });
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    throw new PointsmanError('config-invalid', `${path.join(dir, name)} cannot be locked.`, {
      cause,
      hint: 'Make that folder writable, or come again when no other pointsman is busy there.',
    });
  }
}
