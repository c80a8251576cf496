import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { PointsmanError } from '../../../domain/errors.ts';
import type { JobId } from '../../../domain/ids.ts';
import { columnText } from '../../../postgres/column-text.ts';
import type { QueryAnswer, Postgres } from '../../../postgres/postgres.ts';
import { LEASE_MS } from '../../model/job-journal.ts';

/**
 * Who may write of a job. Each taking has a higher number (its fence), and a write of whoever holds it checks that it still is
 * the one: a process that slept while another took over changes nothing any more. Times are the server's.
 */
export interface Leases {
  acquire(jobId: JobId): Promise<boolean>;
  renew(jobId: JobId): Promise<boolean>;
  release(jobId: JobId): Promise<void>;
  isHeld(jobId: JobId): Promise<boolean>;
  /**
   * Runs a statement that ends with a condition on `fenced`: `$1` is the job, `$2` the fence.
   * @throws PointsmanError `record-unwritable` where another process has taken the job from this one
   */
  write(
    jobId: string,
    sql: string,
    values: readonly unknown[],
  ): Promise<QueryAnswer<Readonly<Record<string, unknown>>>>;
}

export const LEASE_TABLE = `create table job_leases (job_id text primary key, fence bigint not null, host text not null, pid integer not null,
  is_held boolean not null, renewed_at timestamptz not null);`;

/** What a writing statement begins with: one row where this process may write. A job that it does not hold, anybody may. */
const FENCED = `with lease as (select 1 from job_leases where job_id = $1 and fence = $2 and is_held for share),
  fenced as (select 1 where $2::bigint is null or exists (select 1 from lease)) `;

/** What this process holds, through whichever journal: after a restart in a container a new one may have the dead one's number. */
const heldHere = new Set<string>();

export function createLeases(postgres: Postgres): Leases {
  const name = (jobId: string, fence: number): string => `${postgres.place} ${fence} ${jobId}`;
  const held = new Map<string, number>();
  const host = machineName();
  /** On one's own machine a dead holder is known at once; elsewhere its silence must last. */
  const FREE = `(not is_held or renewed_at < clock_timestamp() - interval '${LEASE_MS} milliseconds' or (host = $2 and pid = any($3)))`;
  const holderOf = async (jobId: string): Promise<readonly number[]> => {
    const sql = 'select pid, fence from job_leases where job_id = $1 and host = $2 and is_held';
    const { rows } = await postgres.query<{ pid: number; fence: number }>(sql, [jobId, host]);
    return rows.flatMap(({ pid, fence }) => (isDead(pid, heldHere.has(name(jobId, fence))) ? [pid] : []));
  };
  return {
    acquire: async (id) => {
      const jobId = columnText(id);
      const dead = await holderOf(jobId);
      const { rows } = await postgres.query<{ fence: number }>(
        `insert into job_leases as l values ($1, 1, $2, $4, true, clock_timestamp()) on conflict (job_id) do update
           set fence = l.fence + 1, host = excluded.host, pid = excluded.pid, is_held = true, renewed_at = excluded.renewed_at
           where ${FREE.replaceAll(/\b(is_held|renewed_at|host|pid)\b/gu, 'l.$1')} returning fence`,
        [jobId, host, dead, process.pid],
      );
      const fence = rows[0]?.fence;
      if (fence !== undefined) {
        held.set(jobId, fence);
        heldHere.add(name(jobId, fence));
      }
      return fence !== undefined;
    },
    renew: async (id) => {
      const jobId = columnText(id);
      const sql = 'update job_leases set renewed_at = clock_timestamp() where job_id = $1 and fence = $2 and is_held';
      return (await postgres.query(sql, [jobId, held.get(jobId) ?? -1])).count === 1;
    },
    release: async (id) => {
      const jobId = columnText(id);
      const fence = held.get(jobId);
      if (fence === undefined) return;
      await postgres.query('update job_leases set is_held = false where job_id = $1 and fence = $2', [jobId, fence]);
      held.delete(jobId);
      heldHere.delete(name(jobId, fence));
    },
    isHeld: async (id) => {
      const jobId = columnText(id);
      const dead = await holderOf(jobId);
      const sql = `select 1 from job_leases where job_id = $1 and not ${FREE}`;
      return (await postgres.query(sql, [jobId, host, dead])).count === 1;
    },
    write: async (id, sql, values) => {
      const jobId = columnText(id);
      const fence = held.get(jobId) ?? null;
      const answer = await postgres.query(`${FENCED} ${sql}`, [jobId, fence, ...values]);
      if (answer.count > 0 || fence === null) return answer;
      const mine = 'select 1 from job_leases where job_id = $1 and fence = $2 and is_held';
      if ((await postgres.query(mine, [jobId, fence])).count === 1) return answer;
      throw new PointsmanError('record-unwritable', `Another process has taken over the job ${id}`, {
        hint: 'Leave it to that one; "pointsman jobs" says how it stands.',
      });
    },
  };
}

/**
 * Machines made from one image have one name, and a process of another is no dead one here: on Linux its running kernel has a number
 * as well, which containers share that have names of their own.
 */
function machineName(): string {
  try {
    return `${hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return hostname();
  }
}

function isDead(pid: number, isHeldHere: boolean): boolean {
  if (pid === process.pid) return !isHeldHere;
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM');
  }
}
