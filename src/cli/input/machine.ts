import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Catalog } from '../../catalog/catalog.ts';
import { variableOf } from '../../config/environment.ts';
import { KNOWN_ENDPOINTS, ownVariable } from '../../config/known-endpoints.ts';
import type { Environment } from '../../domain/environment.ts';
import type { At } from '../../domain/time.ts';
import { HARNESS_NAMES, type HarnessName } from '../../gateway/connect/harness.ts';
import { HARNESSES } from '../../gateway/connect/harnesses.ts';
import { DEFAULT_ASSUMPTIONS } from '../../replay/simulation/assumptions.ts';
import { createRecordedModels } from '../../replay/simulation/recorded-models.ts';
import { findLogs, type FoundLogs } from '../../sessions/find-logs.ts';
import { createImportTally, type Importer } from '../../sessions/importer.ts';
import { readSessions } from '../../sessions/read-sessions.ts';
import { createSeenCalls } from '../../sessions/seen-calls.ts';
import { callsOfLog } from '../../spend/calls-of-logs.ts';
import { spendTable, type SpendReport } from '../../spend/spend-table.ts';
import type { SpentCall } from '../../spend/spent-call.ts';
import { isProgram } from '../../tools/command-runner/find-program.ts';

/** What is on this machine that pointsman can work with. */
export interface Machine {
  readonly logs: readonly FoundLogs[];
  /** Calls since `sinceAt`, by harness. */
  readonly spent: SpendReport;
  readonly sessionCount: number;
  /** Time ran out: there is more than was counted. */
  readonly isPartial: boolean;
  /** Variables that hold a vendor's key; names, never values. */
  readonly keyNames: readonly string[];
  /** Harnesses whose program is on the search path. */
  readonly harnesses: readonly HarnessName[];
}

export interface MachineOptions {
  readonly home: string;
  readonly env: Environment;
  readonly catalog: Catalog;
  readonly sinceAt: At;
  /** Stops the reading of logs, not the whole. */
  readonly signal: AbortSignal;
}

/** Looks around and writes nothing. The newest logs are read first, so that what a slow disk leaves out is old. */
export async function lookAround(options: MachineOptions): Promise<Machine> {
  const { env, home } = options;
  const { found } = await findLogs({ home, env });
  const logs = found.filter(({ client }) => client !== 'pointsman');
  const { calls, sessionCount } = await readCalls(logs, options);
  return {
    logs,
    spent: spendTable(calls, 'harness', 'UTC'),
    sessionCount,
    isPartial: options.signal.aborted,
    keyNames: keyNamesIn(env),
    harnesses: HARNESS_NAMES.filter((name) => isOnPath(HARNESSES[name].program, env['PATH'] ?? '')),
  };
}

async function readCalls(
  logs: readonly FoundLogs[],
  { catalog, sinceAt, signal }: MachineOptions,
): Promise<{ readonly calls: readonly SpentCall[]; readonly sessionCount: number }> {
  const models = createRecordedModels(catalog, DEFAULT_ASSUMPTIONS);
  const options = { seen: createSeenCalls(), tally: createImportTally(), sinceAt, signal };
  const calls: SpentCall[] = [];
  let sessionCount = 0;
  try {
    for await (const session of readSessions(
      { byImporter: await newestFirst(logs, sinceAt), unrecognised: [] },
      options,
    )) {
      if (signal.aborted) break;
      const recent = callsOfLog(session, models).filter(({ at }) => at === undefined || at >= sinceAt);
      calls.push(...recent);
      if (recent.length > 0) sessionCount += 1;
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  return { calls, sessionCount };
}

/** Files that were written since then; an older one holds no call that is wanted. */
async function newestFirst(logs: readonly FoundLogs[], sinceAt: At): Promise<ReadonlyMap<Importer, readonly string[]>> {
  const files = new Map<Importer, string[]>();
  for (const { importer, paths } of logs.toSorted((a, b) => b.lastChangedAt - a.lastChangedAt)) {
    const dated = await Promise.all(
      paths.map(async (file) => [file, (await stat(file).catch(() => undefined))?.mtimeMs ?? 0] as const),
    );
    const recent = dated.filter(([, at]) => at >= sinceAt).sort(([, a], [, b]) => b - a);
    files.set(importer, [...(files.get(importer) ?? []), ...recent.map(([file]) => file)]);
  }
  return files;
}

function keyNamesIn(env: Environment): readonly string[] {
  const names = Object.entries(KNOWN_ENDPOINTS).flatMap(([id, { apiKeyNames }]) => [
    ownVariable(id, 'API_KEY'),
    ...apiKeyNames,
  ]);
  return [...new Set(names)].filter((name) => variableOf(env, name) !== undefined);
}

const WINDOWS_ENDINGS = ['.cmd', '.exe', '.ps1'];

/** Whether `fileOnPath` finds the program. Nothing is started. */
export function isOnPath(program: string, searchPath: string, platform?: NodeJS.Platform): boolean {
  return fileOnPath(program, searchPath, platform) !== undefined;
}

/**
 * The file that a shell would start, but for folders that are named relative to where we are: what lies there may have been
 * brought by the folder of the work.
 */
export function fileOnPath(
  program: string,
  searchPath: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const isWindows = platform === 'win32';
  const endings = isWindows ? WINDOWS_ENDINGS : [''];
  const paths = isWindows ? path.win32 : path.posix;
  return searchPath
    .split(paths.delimiter)
    .filter((folder) => paths.isAbsolute(folder))
    .flatMap((folder) => endings.map((ending) => paths.join(folder, program + ending)))
    .find(isProgram);
}
