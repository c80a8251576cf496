import type { DatabaseSync } from 'node:sqlite';
import { PointsmanError } from '../../domain/errors.ts';
import { CALL_COLUMNS, CALL_INDEXES } from './views/call-columns.ts';
import { layOutCallSums } from './views/call-sums.ts';

/** Marks our files ("PMAN"), so that another program's database is not written into. */
const APPLICATION_ID = 0x504d414e;
/**
 * Layout of the tables and of what bodies refer to, not of the records. 2: steps share more parts than pool and policy, and
 * records without a job are in no index of jobs. 3: bodies of steps are compressed. 4: calls are found and summed up by time,
 * model, session, harness and access key.
 */
export const LAYOUT_VERSION = 4;

const layout = `
  drop index if exists steps_of_job;
  drop index if exists calls_of_job;
  create table if not exists parts (hash text primary key, body text not null) without rowid;
  create table if not exists jobs (seq integer primary key autoincrement, job_id text not null unique, started_at real not null, body text not null);
  create table if not exists steps (seq integer primary key autoincrement, decision_id text not null unique, job_id text, body text not null);
  create table if not exists calls (seq integer primary key autoincrement, call_id text not null unique, job_id text, body text not null);
  create table if not exists outcomes (seq integer primary key autoincrement, content text not null unique, decision_id text not null, at real not null, body text not null);
  create index if not exists steps_of_a_job on steps (job_id, seq) where job_id is not null;
  create index if not exists calls_of_a_job on calls (job_id, seq) where job_id is not null;
  create index if not exists outcomes_of_decision on outcomes (decision_id);
  create index if not exists outcomes_by_time on outcomes (at desc, seq desc);
  create index if not exists jobs_by_time on jobs (started_at desc, seq desc);
`;

const mark = `pragma application_id = ${APPLICATION_ID}; pragma user_version = ${LAYOUT_VERSION}; commit;`;

function layOut(database: DatabaseSync): void {
  database.exec(`begin immediate; ${layout}`);
  const known = new Set(
    database
      .prepare('pragma table_xinfo(calls)')
      .all()
      .map((row) => row['name']),
  );
  for (const { name, sql } of CALL_COLUMNS) if (!known.has(name)) database.exec(sql);
  database.exec(CALL_INDEXES);
  layOutCallSums(database);
  database.exec(mark);
}

/**
 * Makes the tables of a new file and checks those of an old one.
 * @throws PointsmanError `record-unreadable` where the file is another program's, or a newer pointsman's.
 */
export function prepareTables(database: DatabaseSync): void {
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (applicationId === APPLICATION_ID && version === LAYOUT_VERSION) return;
  const tableCount = database.prepare('select count(*) as n from sqlite_schema').get()?.['n'];
  if (applicationId !== APPLICATION_ID && tableCount === 0) {
    layOut(database);
    return;
  }
  checkOurs(database);
  layOut(database);
}

/**
 * That the file is a store that this build can read.
 * @throws PointsmanError `record-unreadable` where the file is another program's, or a newer pointsman's.
 */
export function checkOurs(database: DatabaseSync): void {
  const version = pragma(database, 'user_version');
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    throw new PointsmanError('record-unreadable', 'The file is a database of another program', {
      hint: 'Name another file for the store.',
    });
  }
  if (version > LAYOUT_VERSION) {
    throw new PointsmanError(
      'record-unreadable',
      `The store has layout ${version}, this build knows ${LAYOUT_VERSION}`,
      {
        hint: 'Update pointsman, or name another file for the store.',
      },
    );
  }
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`pragma ${name}`).get()?.[name] ?? 0);
}
