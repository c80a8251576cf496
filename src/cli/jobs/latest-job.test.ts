import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import { aJobRecord } from '../../testing/record-builders.ts';
import { namedOrLatestJob } from './latest-job.ts';

let base = '';
beforeEach(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-latest-')));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** The newest first, as the store of all folders lists them. */
async function latest(cwd: string, ...jobs: readonly (readonly [id: string, folder: string])[]): Promise<string> {
  const folderOf = (name: string): string => path.join(base, name);
  mkdirSync(folderOf(cwd), { recursive: true });
  const records = jobs.map(([id, folder]) => aJobRecord({ jobId: asId<JobId>(id), workspace: folderOf(folder) }));
  const pointsman = { jobs: () => Promise.resolve(records) };
  return namedOrLatestJob(pointsman, undefined, { cwd: folderOf(cwd), stderr: () => undefined });
}

test('the latest job is that of this folder, of one in it, or of one that it lies in', async () => {
  const jobs = [
    ['other', 'b'],
    ['like', 'a2'],
    ['here', 'a'],
    ['older', 'a'],
  ] as const;
  expect(await latest('a', ...jobs)).toBe('here');
  expect(await latest('a/src', ...jobs)).toBe('here');
  expect(await latest('.', ...jobs)).toBe('other');
});

test('a job of another folder is never gone on with unnamed; what to type is said', async () => {
  await expect(latest('c', ['other', 'b'])).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('such as other'),
  });
  const many = Array.from({ length: 200 }, (_, at) => [`other-${at}`, 'b'] as const);
  await expect(latest('c', ...many)).rejects.toMatchObject({ message: expect.stringContaining('latest 200') });
  await expect(latest('c')).rejects.toMatchObject({ hint: expect.stringContaining('pointsman run') });
});
