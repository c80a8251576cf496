import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { findLogs, logPlaces, type FoundLogs } from '../sessions/find-logs.ts';
import { sortFiles, type SortedFiles } from '../sessions/read-sessions.ts';
import type { ClientName } from '../sessions/session-trace.ts';
import { plainBytes } from './estimate-work.ts';

export interface LogRequest {
  /** Files or folders; empty: the places where clients keep their logs. */
  readonly paths: readonly string[];
  /** Only this client's logs. */
  readonly from?: ClientName | undefined;
  readonly home: string;
  readonly env: Environment;
  readonly cwd: string;
  /** Where the machine is searched, none is an answer. */
  readonly mayBeNone?: true;
}

/** Log files that can be read, before any of them is. */
export interface GatheredLogs {
  readonly files: SortedFiles;
  readonly fileCount: number;
  readonly byteCount: number;
  /** The same per client, as much as it is unpacked, about. */
  readonly bytesByClient: ReadonlyMap<ClientName, number>;
  /** Per client and folder when the machine was searched; empty when paths were named. */
  readonly found: readonly FoundLogs[];
}

/**
 * Finds the logs to replay. Looks at names and first bytes only.
 * @throws PointsmanError `not-found` for a path that is not there, for paths without a log, and for a machine without any
 */
export async function gatherLogs(request: LogRequest): Promise<GatheredLogs> {
  return request.paths.length === 0 ? gatherFromMachine(request) : gatherFromPaths(request);
}

async function gatherFromMachine(request: LogRequest): Promise<GatheredLogs> {
  const search = await findLogs(request);
  const found = search.found.filter((logs) => request.from === undefined || logs.client === request.from);
  if (found.length === 0 && request.mayBeNone !== true) {
    const places = logPlaces(request.home, request.env)
      .filter((place) => request.from === undefined || place.client === request.from)
      .map((place) => `${place.client} in ${place.folder}`);
    const unknown = search.unrecognised.length;
    const beside = unknown === 0 ? '' : ` Of no form that is known here: ${unknown} of the files there.`;
    throw new PointsmanError('not-found', `No session logs were found. Looked for ${places.join(', ')}.${beside}`, {
      hint: 'Name a file or a folder with logs: pointsman replay PATH.',
    });
  }
  const byImporter = new Map<FoundLogs['importer'], string[]>();
  for (const { importer, paths } of found) byImporter.set(importer, [...(byImporter.get(importer) ?? []), ...paths]);
  return {
    files: { byImporter, unrecognised: search.unrecognised },
    fileCount: found.reduce((sum, logs) => sum + logs.paths.length, 0),
    byteCount: found.reduce((sum, logs) => sum + logs.byteCount, 0),
    bytesByClient: sumByClient(found.map(({ client, byteCount }) => [client, byteCount])),
    found,
  };
}

async function gatherFromPaths(request: LogRequest): Promise<GatheredLogs> {
  const paths = request.paths.map((name) => path.resolve(request.cwd, expandHome(name, request.home)));
  for (const name of paths) {
    if ((await stat(name).catch(() => undefined)) === undefined) {
      throw new PointsmanError('not-found', `There is no ${name}.`, { hint: 'Name a log file or a folder of logs.' });
    }
  }
  const files = await sortFiles(paths, request.from, true);
  const known = [...files.byImporter].flatMap(([{ client }, list]) => list.map((file) => ({ client, file })));
  if (known.length === 0) {
    const count = files.unrecognised.length;
    const what =
      count === 0
        ? 'There is no file to read'
        : `${count === 1 ? 'The one file' : `None of the ${count} files`} is ${count === 1 ? 'no' : 'a'} session log of a client known here`;
    throw new PointsmanError('not-found', `${what}.`, {
      hint:
        request.from === undefined
          ? 'Say whose log it is with --from, or bring it into the neutral form of src/sessions/README.md.'
          : `Leave out --from ${request.from}, if they may be another client's.`,
    });
  }
  const sized = await Promise.all(
    known.map(async ({ client, file }) => {
      const size = (await stat(file).catch(() => undefined))?.size ?? 0;
      return { size, plain: [client, plainBytes(file, size)] as const };
    }),
  );
  return {
    files,
    fileCount: known.length,
    byteCount: sized.reduce((sum, { size }) => sum + size, 0),
    bytesByClient: sumByClient(sized.map(({ plain }) => plain)),
    found: [],
  };
}

function sumByClient(sizes: readonly (readonly [client: ClientName, bytes: number])[]): Map<ClientName, number> {
  const sums = new Map<ClientName, number>();
  for (const [client, bytes] of sizes) sums.set(client, (sums.get(client) ?? 0) + bytes);
  return sums;
}

function expandHome(name: string, home: string): string {
  return name === '~' || name.startsWith('~/') ? path.join(home, name.slice(1)) : name;
}
