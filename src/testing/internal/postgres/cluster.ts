import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A PostgreSQL of our own, in one folder: data, socket and log. */
export interface Cluster {
  /** With user, password and the socket's folder. */
  readonly url: string;
}

const USER = 'pointsman';
/** Sockets have names of at most 107 bytes, of which PostgreSQL takes about twenty. */
const LONGEST_FOLDER = 80;
/** Debian keeps the programs of each version beside each other, and no way to `initdb` in the path. */
const DEBIAN = '/usr/lib/postgresql';

/** The folder of `initdb` and `pg_ctl`. `undefined`: there is no PostgreSQL here. */
export function findPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => path.join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(path.delimiter),
  ];
  return folders.find((folder) =>
    ['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(path.join(folder, name))),
  );
}

/**
 * Makes a cluster in a folder that is not there yet and starts it; it listens at a socket in that folder alone. Root, as
 * whom PostgreSQL does not run, starts it as `postgres` or `nobody`. Whoever starts it stops it.
 * @throws Error what `initdb` or `pg_ctl` said
 */
export async function startCluster(folder: string, programs: string): Promise<Cluster> {
  if (folder.length > LONGEST_FOLDER) throw new Error(`the folder's name is too long for a socket: ${folder}`);
  const as = whom();
  const data = path.join(folder, 'data');
  mkdirSync(folder, { mode: 0o700 });
  const passwordFile = path.join(folder, 'password');
  const password = 'correct/horse@battery';
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (as !== undefined) for (const place of [folder, passwordFile]) chownSync(place, as.uid, as.gid);
  const options = { ...as, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C', HOME: folder } };
  await run(
    path.join(programs, 'initdb'),
    ['-D', data, '-U', USER, '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync'],
    options,
  );
  writeFileSync(path.join(data, 'postgresql.auto.conf'), settingsFor(folder));
  await start(folder, programs);
  return {
    url: `postgres://${USER}:${encodeURIComponent(password)}@localhost/postgres?host=${encodeURIComponent(folder)}`,
  };
}

/** Starts one that was made here and has been stopped. */
export async function start(folder: string, programs: string): Promise<void> {
  const data = path.join(folder, 'data');
  // Its streams go nowhere: a server holds on to those that it inherits, and whoever waits for their end would wait for its own.
  await new Promise<void>((resolve, reject) => {
    const child = spawn(
      path.join(programs, 'pg_ctl'),
      ['-D', data, '-l', path.join(folder, 'log'), '-w', '-t', '120', 'start'],
      {
        ...whom(),
        cwd: folder,
        stdio: 'ignore',
      },
    );
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(logOf(folder)))));
  });
}

/** Stops it where it runs. `immediate` is as good as a kill. */
export async function stopCluster(folder: string, programs: string, mode: 'fast' | 'immediate'): Promise<void> {
  const data = path.join(folder, 'data');
  if (!existsSync(path.join(data, 'postmaster.pid'))) return;
  await run(path.join(programs, 'pg_ctl'), ['-D', data, '-m', mode, '-w', 'stop'], { ...whom(), cwd: folder });
}

export async function removeCluster(folder: string, programs: string): Promise<void> {
  await stopCluster(folder, programs, 'immediate').catch(() => undefined);
  for (const place of [folder, `${folder}.claim`, `${folder}.word`]) rmSync(place, { recursive: true, force: true });
}

/** A test's data may be lost with the machine: nothing waits for the disk. */
function settingsFor(folder: string): string {
  return `listen_addresses = ''
unix_socket_directories = '${folder}'
max_connections = 200
shared_buffers = 32MB
fsync = off
full_page_writes = off
`;
}

function whom(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = ['postgres', 'nobody'].find((name) => idOf('-u', name) !== undefined);
  if (user === undefined) throw new Error('there is no user "nobody" to run PostgreSQL as');
  return { uid: idOf('-u', user) ?? 0, gid: idOf('-g', user) ?? 0 };
}

function idOf(which: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [which, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}

function logOf(folder: string): string {
  const file = path.join(folder, 'log');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : 'pg_ctl could not start it';
}
