import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import type { StoreConfig } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { SECOND_MS } from '../../domain/time.ts';
import type { JobRequest } from '../../orchestrator/model/job-request.ts';
import { isPostgresAway, postgresError } from '../../postgres/postgres-failure.ts';
import { storeAddressOf } from '../../postgres/store-address.ts';
import type { JobQueue, QueuedWork, QueuePlace } from './job-queue.ts';

const QUEUE = 'jobs';
/** The least that the queue allows. */
const SILENT_SECONDS = 12;
/** The most that it allows: a job that runs for longer is handed on, and goes on elsewhere. */
const LONGEST_SECONDS = 24 * 3600 - 1;
const LOOK_SECONDS = 1;
/** How soon a worker hears that its work was cancelled. */
const BEAT_SECONDS = 2;
const RETRY_SECONDS = 5;
/** A job that takes its worker down each time is not tried for ever. */
const RETRY_COUNT = 25;
const MAX_CONNECTIONS = 3;
const STOP_MS = 60 * SECOND_MS;
/** Longer than a worker that died counts as alive. */
const AGAIN_TRIES = 80;
const AGAIN_WAIT_MS = 250;

/** As it lies in the queue. */
interface Data {
  readonly jobId?: string;
  readonly request?: JobRequest;
}

/**
 * The queue beside the tables of a PostgreSQL store, in a schema of its own; pg-boss is loaded here. Its schema is made when it is first
 * opened.
 * @throws PointsmanError `config-invalid` for a store of one machine, `record-unreadable`
 */
export async function openJobQueue(store: StoreConfig): Promise<JobQueue> {
  if (store.kind !== 'postgres') {
    throw new PointsmanError('config-invalid', 'A queue for workers needs a PostgreSQL store; a folder has none.', {
      hint: 'Name one with --store postgres://… or POINTSMAN_STORE, or run the job here with pointsman run.',
    });
  }
  const { PgBoss: Boss } = await import('pg-boss');
  const { connectionString, schema, place } = storeAddressOf(store.url.reveal());
  const boss = new Boss({
    connectionString,
    schema: `${schema}_queue`,
    max: MAX_CONNECTIONS,
    application_name: 'pointsman',
    superviseIntervalSeconds: RETRY_SECONDS,
    monitorIntervalSeconds: RETRY_SECONDS,
    cronMonitorIntervalSeconds: RETRY_SECONDS,
    cronWorkerIntervalSeconds: RETRY_SECONDS,
  });
  const faults = new Set<(thrown: unknown) => void>();
  boss.on('error', (thrown) => {
    for (const onFault of faults) onFault(postgresError(thrown, 'record-unreadable', place));
  });
  try {
    await boss.start();
    await boss.createQueue(QUEUE, {
      policy: 'exclusive',
      retryLimit: RETRY_COUNT,
      retryDelay: RETRY_SECONDS,
      heartbeatSeconds: SILENT_SECONDS,
      expireInSeconds: LONGEST_SECONDS,
    });
  } catch (thrown) {
    await boss.stop({ graceful: false }).catch(() => undefined);
    throw postgresError(thrown, 'record-unwritable', place);
  }
  return queueOn(boss, { place, faults });
}

type Wording = <Result>(act: () => Promise<Result>) => Promise<Result>;

function queueOn(
  boss: PgBoss,
  { place, faults }: { readonly place: string; readonly faults: Set<(thrown: unknown) => void> },
): JobQueue {
  const guarded: Wording = async (act) => {
    try {
      return await act();
    } catch (thrown) {
      throw postgresError(thrown, 'record-unwritable', place);
    }
  };
  /** False: it stands there already. */
  const send = async (jobId: string, { priority = 0, team, notBefore }: QueuePlace): Promise<boolean> => {
    const group = team === undefined ? {} : { group: { id: team } };
    const after = notBefore === undefined ? {} : { startAfter: new Date(notBefore) };
    return (await boss.send(QUEUE, { jobId }, { singletonKey: jobId, priority, ...group, ...after })) !== null;
  };
  /** What a schedule put there lies under its name, and is found by its place. */
  const placesOf = async (jobId: JobId): ReturnType<PgBoss['findJobs']> => {
    const id = placeIn(jobId);
    const scheduled = id === undefined ? [] : await boss.findJobs(QUEUE, { id });
    return [...scheduled, ...(await boss.findJobs(QUEUE, { key: jobId }))];
  };
  return {
    add: (jobId, at) => guarded(async () => void (await send(jobId, at))),
    again: (jobId) =>
      guarded(async () => {
        const before = (await placesOf(jobId)).toSorted((a, b) => b.createdOn.getTime() - a.createdOn.getTime())[0];
        if (before === undefined) return false;
        const at = { priority: before.priority, team: before.groupId ?? undefined };
        // The worker that asked may not have let go of it yet, and its place goes with it.
        for (let tries = 1; !(await send(jobId, at)) && tries < AGAIN_TRIES; tries += 1) {
          const isLetGo = (await placesOf(jobId)).every(({ state }) => state !== 'active');
          if (!isLetGo) await wait(AGAIN_WAIT_MS);
        }
        return true;
      }),
    knows: (jobId) => guarded(async () => (await placesOf(jobId)).length > 0),
    remove: (jobId) =>
      guarded(async () => {
        const waiting = (await placesOf(jobId)).filter(({ state }) => ['created', 'retry', 'active'].includes(state));
        if (waiting.length > 0)
          await boss.cancel(
            QUEUE,
            waiting.map(({ id }) => id),
          );
        return waiting.length > 0;
      }),
    ...schedulesOn(boss, guarded),
    ...workOn(boss, { guarded, faults }),
    close: () => boss.stop({ graceful: true, timeout: STOP_MS, close: true }),
  };
}

function workOn(
  boss: PgBoss,
  { guarded, faults }: { readonly guarded: Wording; readonly faults: Set<(thrown: unknown) => void> },
): Pick<JobQueue, 'work'> {
  return {
    work: ({ jobCount, teamJobCount, onFault }, act) =>
      guarded(async () => {
        faults.add(onFault);
        const limits = teamJobCount === undefined ? {} : { groupConcurrency: teamJobCount };
        const options = {
          pollingIntervalSeconds: LOOK_SECONDS,
          localConcurrency: jobCount,
          batchSize: 1,
          heartbeatRefreshSeconds: BEAT_SECONDS,
          ...limits,
        };
        await boss.work<Data>(QUEUE, options, async (jobs) => {
          for (const { id, data, signal } of jobs) {
            await act(workOf(id, data), signal).catch((thrown: unknown) => {
              // The queue tries again and tells nobody.
              if (!signal.aborted) onFault(thrown);
              throw thrown;
            });
          }
        });
        return { stop: () => boss.offWork(QUEUE, { wait: true }) };
      }),
  };
}

function schedulesOn(boss: PgBoss, guarded: Wording): Pick<JobQueue, 'schedule' | 'unschedule' | 'schedules'> {
  return {
    schedule: ({ name, cron, timeZone }, request, { priority = 0, team }) =>
      guarded(async () => {
        const group = team === undefined ? {} : { group: { id: team } };
        const options = { tz: timeZone, key: name, singletonKey: name, priority, ...group };
        await boss.schedule(QUEUE, cron, { request }, options).catch((thrown: unknown) => {
          throw isOfServer(thrown) ? thrown : invalidSchedule(thrown);
        });
      }),
    unschedule: (name) =>
      guarded(async () => {
        const isThere = (await boss.getSchedules(QUEUE, name)).length > 0;
        await boss.unschedule(QUEUE, name);
        return isThere;
      }),
    schedules: () =>
      guarded(async () =>
        (await boss.getSchedules(QUEUE)).map(({ key, cron, timezone }) => ({ name: key, cron, timeZone: timezone })),
      ),
  };
}

/** Else the queue refused it before it asked anybody. */
function isOfServer(thrown: unknown): boolean {
  return isPostgresAway(thrown) || /^[0-9A-Z]{5}$/u.test(String((thrown as { readonly code?: unknown }).code));
}

function invalidSchedule(thrown: unknown): PointsmanError {
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new PointsmanError('request-invalid', `The schedule is none: ${words}`, {
    hint: 'Say it as --cron "0 3 * * *" --time-zone Europe/Vienna; letters, digits, _, -, . and / make a name.',
  });
}

/** The place in the queue that a job of a schedule is named for; see `workOf`. */
function placeIn(jobId: JobId): string | undefined {
  const parts = /^job-([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/u.exec(jobId);
  return parts?.slice(1).join('-');
}

/** What a schedule puts there has no job yet: it is named for its place in the queue, so that two tries make one. */
function workOf(id: string, { jobId, request }: Data): QueuedWork {
  if (request === undefined) return { kind: 'job', jobId: asId<JobId>(jobId ?? '') };
  return { kind: 'request', jobId: asId<JobId>(`job-${id.replaceAll('-', '')}`), request };
}
