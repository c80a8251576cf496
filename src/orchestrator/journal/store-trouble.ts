import { PointsmanError, isPointsmanError } from '../../domain/errors.ts';

/** What SQLite says of a full or unwritable disk, which is no bug of ours; else `undefined`. */
export function storeTrouble(thrown: unknown): PointsmanError | undefined {
  if (!(thrown instanceof Error && 'code' in thrown) || isPointsmanError(thrown)) return undefined;
  if (thrown.code !== 'ERR_SQLITE_ERROR') return undefined;
  return new PointsmanError('record-unwritable', `The store cannot be written: ${thrown.message}.`, {
    hint: 'Free space or make the folder writable, then resume the job.',
    cause: thrown,
  });
}
