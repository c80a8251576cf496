import type { DatabaseSync } from 'node:sqlite';
import { unpackStep } from '../../packing/pack-step.ts';
import { unpackBody } from '../../packing/step-body.ts';
import { checkRecord, readRecord } from '../../read-record.ts';
import type { StepRecord } from '../../record.ts';
import type { StoreViews } from '../../store-views.ts';
import {
  coldReturns,
  hostRows,
  pagedCalls,
  registerDays,
  sessionOrJobCalls,
  sessionRows,
  spendCells,
  workspacesOf,
} from './call-queries.ts';

type Answers = Omit<StoreViews, 'close'>;
/** Each question of the port, answered at once. */
export type Queries = {
  readonly [Name in keyof Answers]: (...args: Parameters<Answers[Name]>) => Awaited<ReturnType<Answers[Name]>>;
};

/** Answers about an open file of records. */
export function queriesOn(database: DatabaseSync): Queries {
  registerDays(database);
  const part = database.prepare('select body from parts where hash = ?');
  const partOf = (hash: string): string | undefined => part.get(hash)?.['body'] as string | undefined;
  const steps = (sql: string, values: readonly (string | number)[]): readonly StepRecord[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row) => checkRecord('step', unpackStep(unpackBody(row['body']), partOf)));
  return {
    spend: (filter, timeZone) => spendCells(database, filter, timeZone),
    calls: (filter, page) => pagedCalls(database, filter, page),
    sessions: (filter, page) => sessionRows(database, filter, page),
    callsOf: (id, limit, sinceAt = 0) => sessionOrJobCalls(database, id, { limit, sinceAt }),
    hosts: (filter) => hostRows(database, filter),
    coldReturns: (filter, limit) => coldReturns(database, filter, limit),
    steps: (ids) => ids.flatMap((id) => steps('select body from steps where decision_id = ?', [id])),
    newestSteps: (limit, offset = 0) =>
      steps('select body from steps order by seq desc limit ? offset ?', [limit, offset]),
    newestOutcomes: (limit) =>
      database
        .prepare('select body from outcomes order by at desc, seq desc limit ?')
        .all(limit)
        .map(({ body }) => readRecord('outcome', String(body))),
    stepsOf: (jobId, limit) => steps('select body from steps where job_id = ? order by seq limit ?', [jobId, limit]),
    job: (jobId) => {
      const body = database.prepare('select body from jobs where job_id = ?').get(jobId)?.['body'];
      return body === undefined ? undefined : readRecord('job', String(body));
    },
    workspaces: (jobIds) => workspacesOf(database, jobIds),
  };
}
