import type { SharedLiveValues } from '../../domain/live-values.ts';
import { columnText } from '../../postgres/column-text.ts';
import { createGuard } from '../../postgres/guard.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { jobOf, toEntry } from '../stored-entry.ts';
import type { ToolJournal } from '../tool-journal.ts';

/** How a job is written of by whoever holds it, and by nobody from whom it was taken. */
interface FencedWriter {
  write(jobId: string, sql: string, values: readonly unknown[]): Promise<unknown>;
}

/**
 * The journal of tool calls on PostgreSQL, in the tables of jobs. A process that has lost its job is told when it wants to start a
 * call: an effect happens once. Closing leaves the connections open.
 */
export function createPostgresToolJournal(
  postgres: Postgres,
  { live, leases }: { readonly live: SharedLiveValues; readonly leases: FencedWriter },
): ToolJournal {
  const guarded = createGuard(postgres);
  return {
    get: (key) =>
      guarded('record-unreadable', async () => {
        const sql = 'select fingerprint, started_at, result from job_tool_calls where key = $1';
        const row = (await postgres.query(sql, [columnText(key)])).rows[0];
        if (row === undefined) return undefined;
        await live.load(jobOf(key));
        return toEntry(row, (stored) => live.toLive(jobOf(key), key, stored));
      }),
    start: (key, { fingerprint, startedAt }) =>
      guarded('record-unwritable', async () => {
        const sql = `insert into job_tool_calls (key, fingerprint, started_at) select $3, $4, $5::float8 from fenced
          where $1::text is not null on conflict (key) do nothing`;
        await leases.write(jobOf(key), sql, [columnText(key), fingerprint, startedAt]);
      }),
    finish: async (key, result) => {
      const text = JSON.stringify(live.toStored(jobOf(key), key, result));
      await guarded('record-unwritable', async () => {
        await live.flush();
        const sql =
          'update job_tool_calls set result = $4 from fenced where key = $3 and result is null and $1::text is not null';
        await leases.write(jobOf(key), sql, [columnText(key), text]);
      });
    },
    close: async () => undefined,
  };
}
