import { lockDigest, withLock } from '../../app/stores/open-lock.ts';
import { isUnreadable } from '../../domain/errors.ts';
import { lockRows, type LockRow } from '../../policy/lock-rows.ts';
import type { CommandIo } from '../input/command.ts';
import type { Settings } from '../input/load-settings.ts';

/** What was learned of policies, as the store has it. Where that cannot be read, it says so. */
export async function savedLock(settings: Settings, io: Pick<CommandIo, 'stderr'>): Promise<readonly LockRow[]> {
  try {
    return await readLockRows(settings);
  } catch (thrown) {
    // Nobody is kept from looking at policies.
    if (!isUnreadable(thrown)) throw thrown;
    const { message, hint } = thrown;
    io.stderr(`What was learned of policies is not known: ${message}${hint === undefined ? '' : ` ${hint}`}\n`);
    return [];
  }
}

/** @throws PointsmanError `policy-invalid` for a lock that was edited to nonsense, `record-unreadable` */
export async function readLockRows({
  config,
  policies,
}: Pick<Settings, 'config' | 'policies'>): Promise<readonly LockRow[]> {
  const lock = await withLock(config.store, (kept) => kept.read());
  return lockRows(lock, new Map([...policies].map(([id, { policy }]) => [id, policy])), lockDigest);
}

/** A line for each, with what takes it back. */
export function lockLines(rows: readonly LockRow[]): string {
  return rows.length === 0
    ? ''
    : `\nLearned (policy.lock.yaml):\n${rows.map(({ text, takeBack }) => `${text} To take it back: ${takeBack}\n`).join('')}`;
}
