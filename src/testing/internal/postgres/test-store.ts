import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { findPrograms, startCluster } from './cluster.ts';

/** Names the folder of the run's cluster; set by `global-setup.ts`. */
export const FOLDER_VARIABLE = 'POINTSMAN_TEST_POSTGRES';

/** Whoever makes the cluster may have been killed over it. */
const MOST_WAITS = 1500;
const WAIT_MS = 100;

/** The PostgreSQL of a test run. */
export interface TestPostgres {
  /** The address of a store that is nobody else's, in a schema of its own. */
  readonly freshAddress: () => string;
}

/**
 * The run's one cluster, made by the first test file that asks. `undefined`: there is no PostgreSQL here, and it has been said
 * that these tests are skipped.
 */
export async function openTestPostgres(): Promise<TestPostgres | undefined> {
  const folder = process.env[FOLDER_VARIABLE];
  const programs = findPrograms();
  const outcome = folder === undefined || programs === undefined ? 'there is none' : await shared(folder, programs);
  if (!outcome.startsWith('postgres://')) {
    process.stderr.write(`skipped: no PostgreSQL (${outcome})\n`);
    return undefined;
  }
  return { freshAddress: () => `${outcome}&schema=t_${randomBytes(6).toString('hex')}` };
}

/** The address, or why there is none: one process makes the cluster, the others wait for its word. */
async function shared(folder: string, programs: string): Promise<string> {
  const word = `${folder}.word`;
  if (isMine(`${folder}.claim`)) {
    const outcome = await startCluster(folder, programs).then(
      ({ url }) => url,
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
    writeFileSync(`${word}.new`, outcome);
    renameSync(`${word}.new`, word);
  }
  for (let waits = 0; waits < MOST_WAITS && !existsSync(word); waits += 1) await setTimeout(WAIT_MS);
  return existsSync(word) ? readFileSync(word, 'utf8') : 'it did not start in time';
}

function isMine(claim: string): boolean {
  try {
    mkdirSync(claim);
    return true;
  } catch {
    return false;
  }
}
