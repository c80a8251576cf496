import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The tables of LangGraph's SQLite saver 1.0, and `task_path`, which that saver does not keep. */
const SCHEMA = `
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS checkpoints (
    thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL DEFAULT '', checkpoint_id TEXT NOT NULL,
    parent_checkpoint_id TEXT, type TEXT, checkpoint BLOB, metadata BLOB,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
  CREATE TABLE IF NOT EXISTS writes (
    thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL DEFAULT '', checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL, idx INTEGER NOT NULL, channel TEXT NOT NULL, type TEXT, value BLOB,
    task_path TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));
`;

/** Makes the tables where they are missing, and adds what tables of an older saver lack. */
export function prepareCheckpointTables(database: DatabaseSync): void {
  database.exec(SCHEMA);
  const columns = database.prepare("SELECT name FROM pragma_table_info('writes')").all();
  if (!columns.some((column) => column['name'] === 'task_path')) {
    database.exec("ALTER TABLE writes ADD COLUMN task_path TEXT NOT NULL DEFAULT ''");
  }
}

export type CheckpointStatements = Readonly<
  Record<
    | 'begin'
    | 'commit'
    | 'one'
    | 'latest'
    | 'list'
    | 'writes'
    | 'put'
    | 'addWrite'
    | 'replaceWrite'
    | 'deleteCheckpoints'
    | 'deleteWrites',
    StatementSync
  >
>;

/** Prepared once: a job writes several rows per step. */
export function prepareStatements(database: DatabaseSync): CheckpointStatements {
  const rows = 'SELECT * FROM checkpoints WHERE';
  const write = `INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value, task_path)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  const isEither = (column: string, name: string): string => `(:${name} IS NULL OR ${column} = :${name})`;
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    one: database.prepare(`${rows} thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?`),
    latest: database.prepare(`${rows} thread_id = ? AND checkpoint_ns = ? ORDER BY checkpoint_id DESC LIMIT 1`),
    list: database.prepare(
      `${rows} ${isEither('thread_id', 'thread')} AND ${isEither('checkpoint_ns', 'namespace')}
        AND ${isEither('checkpoint_id', 'checkpoint')} AND (:before IS NULL OR checkpoint_id < :before)
        ORDER BY checkpoint_id DESC`,
    ),
    writes: database.prepare(
      `SELECT task_id, idx, channel, type, value, task_path FROM writes
        WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?`,
    ),
    put: database.prepare(
      `INSERT OR REPLACE INTO checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    addWrite: database.prepare(`INSERT OR IGNORE ${write}`),
    replaceWrite: database.prepare(`INSERT OR REPLACE ${write}`),
    deleteCheckpoints: database.prepare('DELETE FROM checkpoints WHERE thread_id = ?'),
    deleteWrites: database.prepare('DELETE FROM writes WHERE thread_id = ?'),
  };
}
