import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openWalFile } from '../../sqlite/open-wal-file.ts';
import { isCorrupt, storeError } from './sqlite-failure.ts';
import { prepareTables } from './tables.ts';

/** A writer waits no longer than this for another one. */
const BUSY_TIMEOUT_MS = 100;

export interface StoreFileOptions {
  readonly file: string;
  /** Bounds the file, in bytes; writing past it fails as a full disk does. */
  readonly maxFileBytes?: number;
  /** How long to wait for another writer; SQLite's waiting stops the whole process. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens or makes the store: folder 0700 where it is new, file 0600, WAL so that others may read while one writes,
 * `synchronous = NORMAL` (survives a killed process; a power cut may lose the last commits).
 * @throws PointsmanError `record-unwritable` where it cannot be made, `record-unreadable` where it is no store of ours.
 */
export function openStoreFile(options: StoreFileOptions): DatabaseSync {
  const { file } = options;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    return openWalFile(file, {
      busyTimeoutMs: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS,
      // Only a file that holds nothing yet can be told to give pages back. Others keep what they were made with.
      first: 'pragma auto_vacuum = incremental',
      layOut: (database) => {
        database.exec('pragma synchronous = normal; pragma foreign_keys = off;');
        prepareTables(database);
        if (options.maxFileBytes !== undefined) limitSize(database, options.maxFileBytes);
      },
    });
  } catch (thrown) {
    throw storeError(thrown, isCorrupt(thrown) ? 'record-unreadable' : 'record-unwritable', file);
  }
}

function limitSize(database: DatabaseSync, maxFileBytes: number): void {
  const pageBytes = Number(database.prepare('pragma page_size').get()?.['page_size'] ?? 4096);
  database.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxFileBytes / pageBytes))}`);
}
