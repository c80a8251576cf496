import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { userDataDir } from '../../trust/user-folders.ts';

const WAIT_MS = 20_000;

/**
 * Changes files of keys while no other process of this user does: between reading a file and having claimed what was written
 * nobody else's change can get lost, nor a key that was taken back return. The lock ends with its process, however that ends.
 * @throws PointsmanError `config-invalid` where it cannot be had
 */
export function withKeysLocked<Result>(env: Environment, change: () => Result): Result {
  const dir = userDataDir(env);
  if (dir === undefined) return change();
  const lock = lockIn(dir);
  try {
    return change();
  } finally {
    lock.close();
  }
}

function lockIn(dir: string): DatabaseSync {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(path.join(dir, 'keys.lock'), { timeout: WAIT_MS });
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    throw new PointsmanError('config-invalid', `Files of keys cannot be locked in ${dir}.`, {
      cause,
      hint: 'Make that folder writable, or come again when nobody else changes keys.',
    });
  }
}
