import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';
import type { LiveValues } from '../../domain/live-values.ts';
import { openWalFile } from '../../sqlite/open-wal-file.ts';
import { jobOf, toEntry } from '../stored-entry.ts';
import type { ToolJournal } from '../tool-journal.ts';

export interface SqliteToolJournalOptions {
  /** Path of the database; may be shared by the jobs of one machine, because keys are unique. File mode 0600. */
  readonly file: string;
  /** Results are stored without secrets, and come back whole while their job may still be resumed. */
  readonly live: LiveValues;
}

const layout = `
  pragma synchronous = normal;
  create table if not exists tool_calls (
    key text primary key, fingerprint text not null, started_at real not null, result text
  ) without rowid;
`;
/** A write waits this long for another process; a call is worth waiting for. */
const BUSY_TIMEOUT_MS = 2000;

/**
 * The durable journal: what was started before `kill -9` is known after it.
 * @throws PointsmanError `record-unwritable` where the file cannot be opened
 */
export function openSqliteToolJournal(options: SqliteToolJournalOptions): ToolJournal {
  const { file } = options;
  const database = attempt('record-unwritable', file, () => openDatabase(file));
  const get = database.prepare('select fingerprint, started_at, result from tool_calls where key = ?');
  const start = database.prepare(
    'insert into tool_calls (key, fingerprint, started_at) values (?, ?, ?) on conflict (key) do nothing',
  );
  const finish = database.prepare('update tool_calls set result = ? where key = ? and result is null');
  return {
    get: async (key) =>
      attempt('record-unreadable', file, () => {
        const row = get.get(key);
        return row === undefined ? undefined : toEntry(row, (stored) => options.live.toLive(jobOf(key), key, stored));
      }),
    start: async (key, entry) => {
      attempt('record-unwritable', file, () => start.run(key, entry.fingerprint, entry.startedAt));
    },
    finish: async (key, result) => {
      attempt('record-unwritable', file, () =>
        finish.run(JSON.stringify(options.live.toStored(jobOf(key), key, result)), key),
      );
    },
    close: async () => {
      if (database.isOpen) database.close();
    },
  };
}

function openDatabase(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  return openWalFile(file, { busyTimeoutMs: BUSY_TIMEOUT_MS, layOut: (database) => database.exec(layout) });
}

function attempt<Value>(code: 'record-unreadable' | 'record-unwritable', file: string, act: () => Value): Value {
  try {
    return act();
  } catch (thrown) {
    if (isPointsmanError(thrown)) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new PointsmanError(code, `The journal of tool calls ${file} failed: ${why}`, {
      cause: thrown,
      hint: 'Check the disk and the file, or move the file away: then calls before it are forgotten.',
    });
  }
}
