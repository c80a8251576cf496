import { PointsmanError } from '../../domain/errors.ts';
import { columnText } from '../../postgres/column-text.ts';
import { createGuard } from '../../postgres/guard.ts';
import { createReaderCheck } from '../../postgres/migrate.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import type { StoreViews } from '../store-views.ts';
import {
  selectColdReturns,
  selectHosts,
  selectPage,
  selectCallsOf,
  selectSessions,
  selectSpend,
  selectWorkspaces,
} from './call-queries.ts';
import { createRecordReader } from './read-rows.ts';
import { RECORDS_LAYOUT } from './tables.ts';

/** Answers about records on PostgreSQL. Closing leaves the connections open: they are the caller's. */
export function openPostgresViews(postgres: Postgres): StoreViews {
  const isThere = createReaderCheck(postgres, RECORDS_LAYOUT);
  const rows = createRecordReader(postgres);
  const guarded = createGuard(postgres);
  let isClosed = false;
  const read = async <Result>(nothing: Result, act: () => Promise<Result>): Promise<Result> => {
    if (isClosed) throw new PointsmanError('aborted', 'The store is not asked any more.');
    return guarded('record-unreadable', async () => ((await isThere()) ? act() : nothing));
  };
  return {
    spend: (filter, timeZone) => read([], () => selectSpend(postgres, filter, timeZone)),
    calls: (filter, page) => read([], () => selectPage(postgres, filter, page)),
    sessions: (filter, page) => read([], () => selectSessions(postgres, filter, page)),
    callsOf: (id, limit, sinceAt = 0) => read([], () => selectCallsOf(postgres, id, { limit, sinceAt })),
    hosts: (filter) => read([], () => selectHosts(postgres, filter)),
    coldReturns: (filter, limit) => read([], () => selectColdReturns(postgres, filter, limit)),
    steps: (ids) =>
      read([], () =>
        rows.steps('select body, parts from steps where decision_id = any($1)', [ids.map((id) => columnText(id))]),
      ),
    newestSteps: (limit, offset = 0) =>
      read([], () => rows.steps('select body, parts from steps order by seq desc limit $1 offset $2', [limit, offset])),
    newestOutcomes: (limit) =>
      read([], () => rows.outcomes('select body from outcomes order by at desc, seq desc limit $1', [limit])),
    stepsOf: (jobId, limit) =>
      read([], () =>
        rows.steps('select body, parts from steps where job_id = $1 order by seq limit $2', [columnText(jobId), limit]),
      ),
    job: async (jobId) =>
      (await read([], () => rows.jobs('select body from jobs where job_id = $1', [columnText(jobId)])))[0],
    workspaces: (jobIds) => read({}, () => selectWorkspaces(postgres, jobIds)),
    close: async () => {
      isClosed = true;
    },
  };
}
