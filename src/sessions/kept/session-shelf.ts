import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { DAY_MS, type Ms } from '../../domain/time.ts';
import type { SessionTrace } from '../session-trace.ts';

/** What one unit of logs came to when it was read. */
export interface KeptSessions {
  readonly sessions: readonly SessionTrace[];
  /** Calls that were counted, and those that were looked for: it comes to the same wherever none of them was met before. */
  readonly counted: readonly string[];
  readonly lookedFor: readonly string[];
  readonly tally: { readonly fileCount: number; readonly byteCount: number; readonly orphanRowCount: number };
}

/** Keeps what logs came to, so that they need not be read again. Never throws: what cannot be kept or read is read from its log. */
export interface KeptShelf<Kept> {
  /** `undefined`: it is not kept, was kept of files that were other ones, or is damaged. */
  take(name: string, state: string): Promise<Kept | undefined>;
  put(name: string, state: string, kept: Kept): Promise<void>;
  /** Takes away what was not used for long, and what was not used for longest past what all of it may take. */
  sweep(): Promise<void>;
}

export type SessionShelf = KeptShelf<KeptSessions>;

const ENDING = '.sessions';
const SUM_BYTES = 4;
const MOST_ENTRY_BYTES = 32 * 1024 * 1024;
/** What nobody has asked for in so long is most likely of logs that are deleted, and is not to outlive them by more. */
const MOST_IDLE_MS: Ms = 30 * DAY_MS;

interface Entry<Kept> {
  readonly reader: string;
  readonly state: string;
  readonly kept: Kept;
}

/**
 * In files of a folder of the user's own, each for its owner alone: they hold what the logs held, no more.
 * @param reader what reads the logs: what another one has read is read again
 */
export function openShelf<Kept = KeptSessions>(
  folder: string,
  reader: string,
  mostBytes: number = 256 * 1024 * 1024,
): KeptShelf<Kept> {
  let hasPut = false;
  const fileOf = (name: string): string =>
    path.join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 40)}${ENDING}`);
  return {
    async take(name, state) {
      try {
        const file = fileOf(name);
        const entry = parseEntry<Kept>(await readFile(file));
        if (entry === undefined || entry.reader !== reader || entry.state !== state) return undefined;
        const now = new Date();
        if ((await stat(file)).mtimeMs < now.getTime() - DAY_MS) await utimes(file, now, now);
        return entry.kept;
      } catch {
        return undefined;
      }
    },
    async put(name, state, kept) {
      try {
        const body = serialize({ reader, state, kept } satisfies Entry<Kept>);
        if (body.length > MOST_ENTRY_BYTES) return;
        const sum = Buffer.alloc(SUM_BYTES);
        sum.writeUInt32BE(crc32(body));
        const file = fileOf(name);
        const unfinished = `${file}.${process.pid}`;
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (!hasPut) await chmod(folder, 0o700);
        await writeFile(unfinished, Buffer.concat([sum, body]), { mode: 0o600 });
        await rename(unfinished, file);
        hasPut = true;
      } catch {
        return;
      }
    },
    async sweep() {
      if (hasPut) await sweepFolder(folder, mostBytes).catch(() => undefined);
    },
  };
}

/** Checked by its sum first: a damaged one could be read as something else. */
function parseEntry<Kept>(bytes: Buffer): Entry<Kept> | undefined {
  const body = bytes.subarray(SUM_BYTES);
  return bytes.length > SUM_BYTES && crc32(body) === bytes.readUInt32BE(0)
    ? (deserialize(body) as Entry<Kept>)
    : undefined;
}

async function sweepFolder(folder: string, mostBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const file = path.join(folder, name);
      // Another process may sweep as well.
      const found = await lstat(file).catch(() => undefined);
      return found === undefined ? [] : [{ file, size: found.size, mtimeMs: found.mtimeMs }];
    }),
  );
  let bytes = 0;
  for (const { file, size, mtimeMs } of files.flat().toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    bytes += size;
    // One without the ending was being written when its process died.
    const mostIdleMs = file.endsWith(ENDING) ? MOST_IDLE_MS : DAY_MS;
    if (bytes > mostBytes || mtimeMs < Date.now() - mostIdleMs) await rm(file, { force: true });
  }
}

/** Changes with every change of the code that reads logs: as published, chunks are named by their content. */
export async function readerPrint(version: string): Promise<string> {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const isSource = import.meta.url.endsWith('.ts');
  const hash = createHash('sha256').update(`${version}\0${process.versions.v8}`);
  // The bundle tells each part of it the place that it had in the sources.
  const published = [path.join(here, '../../chunks')];
  for (const folder of isSource ? [path.dirname(here), path.join(here, '../importers')] : published) {
    for (const name of (await readdir(folder)).sort()) {
      const { size, mtimeMs } = await stat(path.join(folder, name));
      hash.update(`\0${name}\0${size}\0${isSource ? mtimeMs : ''}`);
    }
  }
  return hash.digest('hex');
}
