import type { DatabaseSync } from 'node:sqlite';
import { MINUTE_MS, type Ms } from '../../../domain/time.ts';

/** Every day of every time zone begins at a quarter of an hour. */
export const STRETCH_MS: Ms = 15 * MINUTE_MS;

const KEY = ['stretch', 'model', 'harness', 'access_key', 'job_id'] as const;

/** A call without a bill that failed before an answer cost nothing; any other may have. */
export const UNKNOWN_BILL = 'bill is null and (error is null or may_bill is not null)';

/** Column of the sums → what each call adds to it. */
const SUMS = {
  call_count: '1',
  bill: 'coalesce(bill, 0)',
  may_bill: 'coalesce(may_bill, 0)',
  unknown_count: `(${UNKNOWN_BILL})`,
  uncached: 'coalesce(uncached, 0)',
  cache_read: 'coalesce(cache_read, 0)',
  cache_write: 'coalesce(cache_write, 0)',
  output: 'coalesce(output, 0)',
} as const;
const NAMES = Object.keys(SUMS);

/** An answer that was given again is no call of a vendor's, and nobody paid for it. */
const IS_SUMMED = "at is not null and purpose is not 'response-cache'";
const KEY_OF = [`cast(at / ${STRETCH_MS} as integer)`, ...KEY.slice(1).map((name) => `coalesce(${name}, '')`)] as const;

const TABLE = `create table call_sums (
  stretch integer not null, model text not null, harness text not null, access_key text not null, job_id text not null,
  ${NAMES.map((name) => `${name} integer not null`).join(', ')}, primary key (${KEY.join(', ')})) without rowid`;

/** The columns of a row as a trigger sees it. */
function ofRow(row: 'new' | 'old', sql: string): string {
  return sql.replaceAll(
    /(?<!')\b(at|model|harness|access_key|job_id|purpose|bill|may_bill|error|uncached|cache_read|cache_write|output)\b(?!')/gu,
    `${row}.$1`,
  );
}

const WHERE_OLD = KEY.map((name, index) => `${name} = ${ofRow('old', KEY_OF[index] ?? '')}`).join(' and ');

const TRIGGERS = `
  create trigger if not exists call_added after insert on calls when ${ofRow('new', IS_SUMMED)} begin
    insert into call_sums (${[...KEY, ...NAMES].join(', ')})
      values (${[...KEY_OF, ...Object.values(SUMS)].map((sql) => ofRow('new', sql)).join(', ')})
      on conflict do update set ${NAMES.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')};
  end;
  create trigger if not exists call_removed after delete on calls when ${ofRow('old', IS_SUMMED)} begin
    update call_sums set ${Object.entries(SUMS)
      .map(([name, sql]) => `${name} = ${name} - ${ofRow('old', sql)}`)
      .join(', ')} where ${WHERE_OLD};
    delete from call_sums where ${WHERE_OLD} and call_count <= 0;
  end;`;

const FILL = `insert into call_sums (${[...KEY, ...NAMES].join(', ')})
  select ${KEY_OF.join(', ')}, ${Object.values(SUMS)
    .map((sql) => `sum(${sql})`)
    .join(', ')} from calls where ${IS_SUMMED} group by 1, 2, 3, 4, 5`;

/**
 * Sums of all calls per quarter of an hour, model, harness, access key and job, kept by the file itself whoever writes into it:
 * what was spent is read from few rows, however many calls there are. Inside the transaction that lays the tables out.
 */
export function layOutCallSums(database: DatabaseSync): void {
  if (database.prepare("select 1 from sqlite_schema where name = 'call_sums'").get() === undefined) {
    database.exec(TABLE);
    database.exec(FILL);
  }
  database.exec(TRIGGERS);
}
