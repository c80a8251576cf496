import { DatabaseSync } from 'node:sqlite';
import type { Ms } from '../domain/time.ts';

export interface WalFileOptions {
  /** How long a statement waits for another connection; the whole thread waits. */
  readonly busyTimeoutMs: Ms;
  /** Comes before anything is written: what only a file that holds nothing can still be given. */
  readonly first?: string;
  /** Makes the tables, or brings them forward. */
  readonly layOut: (database: DatabaseSync) => void;
}

/** Who makes the tables has the file for some milliseconds; nothing is at work yet that would have to wait with us. */
const OPEN_TIMEOUT_MS: Ms = 5000;
const PAUSE_MS: Ms = 3;
/** SQLITE_BUSY, in the low byte (sqlite.org/rescode.html, read 2026-11-30). */
const BUSY = 5;

/**
 * Opens or makes a file in WAL mode, in which others may read while one writes. Its tables are laid out before it returns.
 * Throws SQLite's own errors, and what `layOut` throws; the file is closed then.
 */
export function openWalFile(file: string, { busyTimeoutMs, first = '', layOut }: WalFileOptions): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: OPEN_TIMEOUT_MS });
  try {
    if (first !== '') database.exec(first);
    enterWal(database);
    layOut(database);
    database.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/**
 * A file that holds nothing yet is turned to WAL under a lock for which SQLite does not wait: whoever asks for it holds the
 * other's up, so all but one are refused at once. They come again.
 */
function enterWal(database: DatabaseSync): void {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      database.exec('pragma journal_mode = wal');
      return;
    } catch (thrown) {
      const code = Number((thrown as { readonly errcode?: number }).errcode) & 0xff;
      if (code !== BUSY || waitedMs >= OPEN_TIMEOUT_MS) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
