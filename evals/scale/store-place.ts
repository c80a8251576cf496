import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { openPostgres } from '../../src/postgres/open-postgres.ts';
import {
  findPrograms,
  removeCluster,
  start,
  startCluster,
  stopCluster,
} from '../../src/testing/internal/postgres/cluster.ts';
import { openCutLine } from './cut-line.ts';

/** A PostgreSQL of a run's own, reached over a line that can be cut. */
export interface StorePlace {
  /** A store that is nobody else's, over the line. */
  freshAddress(): string;
  /** The same at the server's own socket. */
  freshDirectAddress(): string;
  /** As good as a crash, and there again. */
  restart(): Promise<void>;
  cut(): void;
  restore(): void;
  close(): Promise<void>;
}

/** `undefined`: there is no PostgreSQL here. Writes wait for the disk, as they would where it counts. */
export async function openStorePlace(): Promise<StorePlace | undefined> {
  const programs = findPrograms();
  if (programs === undefined) return undefined;
  const folder = path.join('/tmp', `pm-scale-${randomBytes(5).toString('hex')}`);
  try {
    const { url } = await startCluster(folder, programs);
    const admin = await openPostgres(url);
    for (const name of ['fsync', 'full_page_writes']) await admin.query(`alter system set ${name} = on`);
    await admin.query('select pg_reload_conf()');
    await admin.close();
    const line = await openCutLine(path.join(folder, '.s.PGSQL.5432'));
    const { username, password } = new URL(url);
    const schema = (): string => `schema=s_${randomBytes(6).toString('hex')}`;
    return {
      freshAddress: () => `postgres://${username}:${password}@127.0.0.1:${line.port}/postgres?${schema()}`,
      freshDirectAddress: () => `${url}&${schema()}`,
      restart: async () => {
        await stopCluster(folder, programs, 'immediate');
        await start(folder, programs);
      },
      cut: () => line.cut(),
      restore: () => line.restore(),
      close: async () => {
        line.close();
        await removeCluster(folder, programs);
      },
    };
  } catch (thrown) {
    await removeCluster(folder, programs);
    throw thrown;
  }
}
