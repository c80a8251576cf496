import { PointsmanError } from '../../domain/errors.ts';
import type { SharedLiveValues } from '../../domain/live-values.ts';
import { DAY_MS } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import { createGuard } from '../../postgres/guard.ts';
import { migrate, type Layout } from '../../postgres/migrate.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { contentHash, FOREIGN_FIELDS } from '../live-values-folder.ts';
import type { Redactor } from '../redact.ts';

export const LIVE_LAYOUT: Layout = {
  name: 'live values',
  steps: [
    `create table live_values (job_id text, key text, hash text, value text not null, at float8 not null, primary key (job_id, key, hash));
     create index live_values_by_age on live_values (at);`,
  ],
};

/** A job that stopped and was never resumed is not resumed after this. */
const KEPT_MS = 30 * DAY_MS;

/** Clocks of machines differ, and a process may write a month after it began. */
const SERVER_NOW = '(extract(epoch from clock_timestamp()) * 1000)::float8';

interface Line {
  readonly jobId: string;
  readonly key: string;
  readonly hash: string;
  readonly value: string;
}

/** As the folder does it (`live-values-folder.ts`): only what redaction would change is written, and it is gone with the job. */
export async function openPostgresLiveValues(
  postgres: Postgres,
  { redactor }: { readonly redactor: Pick<Redactor, 'record'> },
): Promise<SharedLiveValues> {
  await migrate(postgres, LIVE_LAYOUT);
  const guarded = createGuard(postgres);
  await guarded('record-unwritable', () =>
    postgres.query(`delete from live_values where at < ${SERVER_NOW} - $1`, [KEPT_MS]),
  );
  const known = new Map<string, Map<string, string>>();
  let lines: Line[] = [];
  let gone: string[] = [];
  return {
    toStored: (jobId, key, value) => {
      const stored = redactor.record(value, FOREIGN_FIELDS);
      if (stored === value) return value;
      const line = {
        jobId: columnText(jobId),
        key: columnText(key),
        hash: contentHash(stored),
        value: JSON.stringify(value),
      };
      lines.push(line);
      known.get(line.jobId)?.set(`${line.key} ${line.hash}`, line.value);
      return stored;
    },
    toLive: (jobId, key, stored) => {
      const values = known.get(columnText(jobId));
      if (values === undefined) {
        throw new PointsmanError('internal', 'What was taken out of a job is asked for before it is loaded');
      }
      const found = values.size === 0 ? undefined : values.get(`${columnText(key)} ${contentHash(stored)}`);
      return found === undefined ? stored : (JSON.parse(found) as typeof stored);
    },
    forget: (jobId) => {
      known.set(columnText(jobId), new Map());
      gone.push(columnText(jobId));
    },
    flush: () =>
      guarded('record-unwritable', async () => {
        if (lines.length > 0) {
          const sent = lines;
          await postgres.query(
            `insert into live_values select r.*, ${SERVER_NOW} from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as r on conflict do nothing`,
            [
              sent.map(({ jobId }) => jobId),
              sent.map(({ key }) => key),
              sent.map(({ hash }) => hash),
              sent.map(({ value }) => value),
            ],
          );
          lines = lines.filter((line) => !sent.includes(line));
        }
        if (gone.length > 0) {
          const sent = gone;
          await postgres.query('delete from live_values where job_id = any($1)', [sent]);
          gone = gone.filter((jobId) => !sent.includes(jobId));
        }
      }),
    load: (jobId) =>
      guarded('record-unreadable', async () => {
        const of = columnText(jobId);
        const sql = 'select key, hash, value from live_values where job_id = $1';
        const { rows } = await postgres.query<Omit<Line, 'jobId'>>(sql, [of]);
        const held = known.get(of) ?? new Map<string, string>();
        for (const { key, hash, value } of rows) held.set(`${key} ${hash}`, value);
        known.set(of, held);
      }),
  };
}
