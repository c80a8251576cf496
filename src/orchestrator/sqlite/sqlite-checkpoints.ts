import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { PointsmanError } from '../../domain/errors.ts';

export interface Checkpoints {
  readonly saver: BaseCheckpointSaver;
  readonly close: () => void;
}

/** What is used of better-sqlite3, which brings no types. */
interface SqliteDatabase {
  prepare(sql: string): unknown;
  pragma(text: string): unknown;
  close(): unknown;
}

/**
 * LangGraph's SQLite saver. A commit survives the death of the process, not a power cut (`synchronous = NORMAL`), like the
 * journal beside it; statements are prepared once. Loads native code.
 * @throws PointsmanError `record-unwritable`
 */
export function openSqliteCheckpoints(file: string): Checkpoints {
  try {
    const saver = SqliteSaver.fromConnString(file);
    const database = saver.db as SqliteDatabase;
    prepareOnce(database);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('busy_timeout = 5000');
    return { saver, close: () => void database.close() };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new PointsmanError('record-unwritable', `The store ${file} cannot be written: ${why}.`, {
      cause: thrown,
      mend: 'Free space, or name another folder with POINTSMAN_STORE.',
    });
  }
}

/** The saver prepares its statements anew for each write. */
function prepareOnce(database: SqliteDatabase): void {
  const statements = new Map<string, unknown>();
  const prepare = database.prepare.bind(database);
  database.prepare = (sql) => {
    const statement = statements.get(sql) ?? prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}
