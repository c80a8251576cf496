import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { writeWhole } from '../../config/refreshed-file.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { addLive, readLive } from '../../recorder/live-values-folder.ts';
import { readPlainFile } from '../../trust/plain-file.ts';
import { PAGE_COUNT, type Cells, type Shelf, type ShelfCursor } from './shelves.ts';

const DOCUMENTS: readonly (readonly [name: string, file: string])[] = [
  ['access keys', 'access-keys.json'],
  ['certificates', 'certificates.json'],
  ['policy-lock', 'policy.lock.yaml'],
];

/** What was taken out of jobs, a file each. */
export function liveShelf(database: DatabaseSync, dir: string): Shelf<Cells> {
  const jobsAfter = (after: ShelfCursor | undefined): readonly string[] =>
    database
      .prepare(`select job_id from job where job_id > ? order by job_id limit ${PAGE_COUNT}`)
      .all(after?.[0] ?? '')
      .map((row) => String(row['job_id']));
  const rowsOf = (jobId: string): readonly Cells[] =>
    readLive(dir, jobId).map(({ key, hash, value }) => ({ job_id: jobId, key, hash, value: JSON.stringify(value) }));
  return {
    count: async () => {
      let count = 0;
      for (let after: ShelfCursor | undefined, jobs = jobsAfter(after); jobs.length > 0; jobs = jobsAfter(after)) {
        for (const jobId of jobs) count += readLive(dir, jobId).length;
        after = [jobs.at(-1) ?? ''];
      }
      return count;
    },
    page: async (after) => {
      const jobs = jobsAfter(after);
      const last = jobs.length < PAGE_COUNT ? undefined : jobs.at(-1);
      return { rows: jobs.flatMap(rowsOf), next: last === undefined ? undefined : [last] };
    },
    put: async (rows) => {
      for (const row of rows) {
        const line = {
          key: String(row['key']),
          hash: String(row['hash']),
          value: JSON.parse(String(row['value'])) as unknown,
        };
        addLive(dir, String(row['job_id']), [line]);
      }
    },
  };
}

/** Texts that are a file of the folder. */
export function documentShelf(dir: string, claim: (place: string, text?: string) => void): Shelf<Cells> {
  const page = (): readonly Cells[] =>
    DOCUMENTS.flatMap(([name, file]) => {
      const body = documentText(path.join(dir, file));
      return body === undefined ? [] : [{ name, body }];
    });
  return {
    count: async () => page().length,
    page: async () => ({ rows: page(), next: undefined }),
    put: async (rows) => {
      for (const [name, file] of DOCUMENTS) {
        const body = rows.find((row) => row['name'] === name)?.['body'];
        const place = path.join(dir, file);
        if (typeof body !== 'string' || existsSync(place)) continue;
        writeWhole(place, body);
        claim(place, body);
      }
    },
  };
}

/** `undefined`: there is none. @throws PointsmanError `record-unreadable` for what is no file, too: a pipe is not waited for */
export function documentText(file: string): string | undefined {
  const reading = readPlainFile(file);
  if (reading === undefined || 'text' in reading) return reading?.text;
  throw new PointsmanError('record-unreadable', `${file} cannot be read: ${reading.why}.`, {
    cause: reading.cause,
    hint: 'Let this user read it, or remove it.',
  });
}
