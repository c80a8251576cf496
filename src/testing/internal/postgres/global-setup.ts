import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPrograms, removeCluster } from './cluster.ts';
import { FOLDER_VARIABLE } from './test-store.ts';

/** Says where tests of this run find their PostgreSQL; the first that needs one makes it, and the end of the run takes it down. */
export default function postgresOfThisRun(): () => Promise<void> {
  const programs = findPrograms();
  const name = `pm-pg-${randomBytes(5).toString('hex')}`;
  const folder = [tmpdir(), '/tmp'].map((parent) => path.join(parent, name)).find(({ length }) => length < 80);
  if (programs === undefined || folder === undefined) return async () => undefined;
  process.env[FOLDER_VARIABLE] = folder;
  return async () => removeCluster(folder, programs);
}
