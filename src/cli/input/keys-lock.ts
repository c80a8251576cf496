import type { Environment } from '../../domain/environment.ts';
import { userDataDir } from '../../trust/user-folders.ts';
import { whileLocked } from '../../trust/user-lock.ts';

/**
 * Changes files of keys while no other process of this user does: between reading a file and having claimed what was written
 * nobody else's change can get lost, nor a key that was taken back return.
 * @throws PointsmanError `config-invalid` where the lock cannot be had
 */
export function withKeysLocked<Result>(env: Environment, change: () => Result): Result {
  const dir = userDataDir(env);
  return dir === undefined ? change() : whileLocked(dir, 'keys.lock', change);
}
