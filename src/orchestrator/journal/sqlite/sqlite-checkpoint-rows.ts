import type { DatabaseSync } from 'node:sqlite';
import type { CheckpointRow, CheckpointRows, WriteRow } from '../checkpoint-rows.ts';
import { prepareStatements } from './checkpoint-tables.ts';

/** Checkpoints in the tables of LangGraph's own SQLite saver: a store that it has written is read as it is. Throws SQLite's own errors. */
export function createSqliteCheckpointRows(database: DatabaseSync): CheckpointRows {
  const sql = prepareStatements(database);
  const inTransaction = (act: () => void): void => {
    sql.begin.run();
    try {
      act();
      sql.commit.run();
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw thrown;
    }
  };
  return {
    find: (threadId, namespace, checkpointId) =>
      (checkpointId === undefined
        ? sql.latest.get(threadId, namespace)
        : sql.one.get(threadId, namespace, checkpointId)) as CheckpointRow | undefined,
    list: ({ thread, namespace, checkpoint, before }) =>
      sql.list.all({ thread, namespace, checkpoint, before }) as unknown as CheckpointRow[],
    writes: (threadId, namespace, checkpointId) =>
      sql.writes.all(threadId, namespace, checkpointId) as unknown as WriteRow[],
    put: (row) => {
      const { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id, parent_checkpoint_id: parentId } = row;
      sql.put.run(threadId, namespace, id, parentId, row.type, row.checkpoint, row.metadata);
    },
    putWrites: ({ threadId, namespace, checkpointId }, rows, replaces) => {
      const statement = replaces ? sql.replaceWrite : sql.addWrite;
      const write = ({ task_id: taskId, idx, channel, type, value, task_path: taskPath }: WriteRow): void =>
        void statement.run(threadId, namespace, checkpointId, taskId, idx, channel, type, value, taskPath);
      if (rows.length === 1) rows.forEach(write);
      else inTransaction(() => rows.forEach(write));
    },
    deleteThread: (threadId) =>
      inTransaction(() => {
        sql.deleteCheckpoints.run(threadId);
        sql.deleteWrites.run(threadId);
      }),
  };
}
