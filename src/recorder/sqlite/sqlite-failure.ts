import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';

/** SQLite result codes, low byte (sqlite.org/rescode.html, read 2026-11-21). */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

const hints: Readonly<Record<number, string>> = {
  [BUSY]: 'Another process holds the store: let it finish, or name another file.',
  [LOCKED]: 'Another process holds the store: let it finish, or name another file.',
  [READONLY]: 'Give the user write permission on the file and its folder, or name another file.',
  [IOERR]: 'Check the disk; the records written so far are safe.',
  [CORRUPT]: 'Move the file away: a new one is made. What can be saved: sqlite3 FILE .recover',
  [FULL]: 'Free some disk space: records that are waiting are then written.',
  [CANTOPEN]: 'Check that the folder exists and may be written to, or name another file.',
  [NOTADB]: 'The file is no database: move it away, or name another file.',
};

/** SQLite's primary result code, or `undefined` for errors that are not SQLite's. */
function sqliteCode(thrown: unknown): number | undefined {
  const code = (thrown as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export function isBusy(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === BUSY || code === LOCKED;
}

/** Content that cannot be what we wrote, as against a place that cannot be reached. */
export function isCorrupt(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === CORRUPT || code === NOTADB;
}

/** The file, the disk or another process is in the way, so that the same rows may pass later. */
export function isPlaceAtFault(thrown: unknown): boolean {
  return hints[sqliteCode(thrown) ?? -1] !== undefined;
}

/** A failure of the file as an error with a hint. What was thrown as ours stays itself. */
export function storeError(
  thrown: unknown,
  code: 'record-unreadable' | 'record-unwritable',
  file: string,
  details: Readonly<Record<string, unknown>> = {},
): PointsmanError {
  if (isPointsmanError(thrown)) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const verb = code === 'record-unreadable' ? 'read' : 'written';
  return new PointsmanError(code, `The record store ${file} cannot be ${verb}: ${why}`, {
    cause: thrown,
    details: { file, sqliteCode: sqliteCode(thrown), ...details },
    hint: hints[sqliteCode(thrown) ?? -1] ?? 'Check the file and its folder, or name another file.',
  });
}
