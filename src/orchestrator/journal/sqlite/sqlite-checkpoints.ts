import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { PointsmanError } from '../../../domain/errors.ts';
import type { Ms } from '../../../domain/time.ts';
import { openWalFile } from '../../../sqlite/open-wal-file.ts';
import { CheckpointSaver, type SaverOptions } from '../checkpoint-saver.ts';
import { prepareCheckpointTables } from './checkpoint-tables.ts';
import { createSqliteCheckpointRows } from './sqlite-checkpoint-rows.ts';

export interface Checkpoints {
  readonly saver: BaseCheckpointSaver;
  readonly close: () => void;
}

/** Another process writes for about a millisecond at a time. */
const BUSY_TIMEOUT_MS: Ms = 5000;

/**
 * Where jobs stand, in one SQLite file (WAL). A commit survives the death of the process, not a power cut (`synchronous =
 * NORMAL`), like the journal beside it.
 * @throws PointsmanError `record-unwritable` when the file cannot be opened, `record-unreadable` when it is no store of ours
 */
export function openSqliteCheckpoints(file: string, options: SaverOptions = {}): Checkpoints {
  try {
    const database = openWalFile(file, { busyTimeoutMs: BUSY_TIMEOUT_MS, layOut: prepareCheckpointTables });
    const saver = new CheckpointSaver(createSqliteCheckpointRows(database), options);
    return { saver, close: () => database.close() };
  } catch (thrown) {
    throw unusable(file, thrown);
  }
}

function unusable(file: string, thrown: unknown): PointsmanError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  if (/not a database|malformed|no such column|has no column/u.test(why)) {
    return new PointsmanError('record-unreadable', `The checkpoints ${file} cannot be read: ${why}.`, {
      cause: thrown,
      hint: 'Move the file away, or name another folder with POINTSMAN_STORE. Jobs under way then start over.',
    });
  }
  return new PointsmanError('record-unwritable', `The store ${file} cannot be written: ${why}.`, {
    cause: thrown,
    hint: 'Free space, or name another folder with POINTSMAN_STORE.',
  });
}
