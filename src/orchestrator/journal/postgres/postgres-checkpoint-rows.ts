import type { SharedLiveValues } from '../../../domain/live-values.ts';
import { columnText } from '../../../postgres/column-text.ts';
import { createGuard } from '../../../postgres/guard.ts';
import type { Postgres } from '../../../postgres/postgres.ts';
import type { CheckpointRow, CheckpointRows, WriteRow } from '../checkpoint-rows.ts';
import type { Leases } from './leases.ts';

/** Checkpoints in the tables of jobs on PostgreSQL: a checkpoint of a job that was taken from this process is not written. */
export function createPostgresCheckpointRows(
  postgres: Postgres,
  { live, leases }: { readonly live: SharedLiveValues; readonly leases: Leases },
): CheckpointRows {
  const guarded = createGuard(postgres);
  const write = (act: () => Promise<unknown>): Promise<void> =>
    guarded('record-unwritable', async () => {
      await live.flush();
      await act();
    });
  const rowsOf = async (sql: string, values: readonly unknown[]): Promise<readonly CheckpointRow[]> =>
    guarded('record-unreadable', async () => {
      const { rows } = await postgres.query<CheckpointRow>(`select * from job_checkpoints where ${sql}`, values);
      for (const threadId of new Set(rows.map((row) => row.thread_id))) await live.load(threadId);
      return rows;
    });
  const mark = `on conflict (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) do`;
  return {
    find: async (threadId, namespace, checkpointId) => {
      const where = `thread_id = $1 and checkpoint_ns = $2 and ($3::text is null or checkpoint_id = $3) order by checkpoint_id collate "C" desc limit 1`;
      return (await rowsOf(where, [columnText(threadId), namespace, checkpointId ?? null]))[0];
    },
    list: ({ thread, namespace, checkpoint, before }) =>
      rowsOf(
        `($1::text is null or thread_id = $1) and ($2::text is null or checkpoint_ns = $2) and ($3::text is null or checkpoint_id = $3)
         and ($4::text is null or checkpoint_id collate "C" < $4) order by checkpoint_id collate "C" desc`,
        [thread === null ? null : columnText(thread), namespace, checkpoint, before],
      ),
    writes: (threadId, namespace, checkpointId) =>
      guarded('record-unreadable', async () => {
        const sql = `select task_id, idx, channel, type, value, task_path from job_checkpoint_writes
          where thread_id = $1 and checkpoint_ns = $2 and checkpoint_id = $3`;
        return (await postgres.query<WriteRow>(sql, [columnText(threadId), namespace, checkpointId])).rows;
      }),
    put: (row) =>
      write(async () => {
        const sql = `insert into job_checkpoints select $1, $3, $4, $5, $6, $7::bytea, $8::bytea from fenced
          on conflict (thread_id, checkpoint_ns, checkpoint_id) do update set parent_checkpoint_id = excluded.parent_checkpoint_id,
            type = excluded.type, checkpoint = excluded.checkpoint, metadata = excluded.metadata`;
        const {
          thread_id: threadId,
          checkpoint_ns: namespace,
          checkpoint_id: id,
          parent_checkpoint_id: parentId,
        } = row;
        await leases.write(threadId, sql, [namespace, id, parentId, row.type, row.checkpoint, row.metadata]);
      }),
    putWrites: ({ threadId, namespace, checkpointId }, rows, replaces) =>
      write(async () => {
        const sql = `insert into job_checkpoint_writes select $1, $3, $4, r.* from fenced,
            unnest($5::text[], $6::integer[], $7::text[], $8::text[], $9::bytea[], $10::text[]) as r
          ${mark} ${replaces ? 'update set channel = excluded.channel, type = excluded.type, value = excluded.value, task_path = excluded.task_path' : 'nothing'}`;
        await leases.write(threadId, sql, [
          namespace,
          checkpointId,
          rows.map((row) => row.task_id),
          rows.map((row) => row.idx),
          rows.map((row) => row.channel),
          rows.map((row) => row.type),
          rows.map((row) => row.value),
          rows.map((row) => row.task_path),
        ]);
      }),
    deleteThread: (threadId) =>
      write(async () => {
        for (const table of ['job_checkpoints', 'job_checkpoint_writes'])
          await postgres.query(`delete from ${table} where thread_id = $1`, [columnText(threadId)]);
      }),
  };
}
