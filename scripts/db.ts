/** `npm run db:up`: a PostgreSQL in a temporary folder, as tests have it, until Ctrl-C; its address is printed. Nothing is left. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { findPrograms, removeCluster, startCluster } from '../src/testing/internal/postgres/cluster.ts';

const programs = findPrograms();
if (programs === undefined) {
  process.stderr.write('There is no PostgreSQL here. On Debian: apt-get install postgresql\n');
  process.exit(1);
}
const folder = path.join('/tmp', `pm-pg-${randomBytes(5).toString('hex')}`);
try {
  const { url } = await startCluster(folder, programs);
  process.stdout.write(`PostgreSQL is up until Ctrl-C. In another terminal:\nexport POINTSMAN_STORE='${url}'\n`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
    // Something must be waited for.
    setInterval(() => undefined, 60_000);
  });
} finally {
  await removeCluster(folder, programs);
}
process.exit(0);
