import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { Environment } from '../domain/environment.ts';
import type { Importer } from './importer.ts';
import { sortFiles } from './read-sessions.ts';
import type { ClientName } from './session-trace.ts';
import { walkFiles } from './walk-files.ts';

/** Logs of one client that were found in their usual place. */
export interface FoundLogs {
  readonly client: ClientName;
  readonly importer: Importer;
  readonly folder: string;
  readonly paths: readonly string[];
  readonly byteCount: number;
  /** When the newest of them was written. */
  readonly lastChangedAt: number;
}

/** What a search of the usual places brought. */
export interface LogSearch {
  readonly found: readonly FoundLogs[];
  /** Files that have a log's name in a log's place, and are none. */
  readonly unrecognised: readonly string[];
}

/** Where a client keeps its logs, and which files there are logs. */
export interface LogPlace {
  readonly client: ClientName;
  readonly folder: string;
  readonly accepts: (path: string) => boolean;
}

const isJsonLines = (path: string): boolean => path.endsWith('.jsonl');

/** Where clients keep their logs, environment variables that move them included. Read on 2026-11-29. */
export function logPlaces(home: string, env: Environment): readonly LogPlace[] {
  const share = env['XDG_DATA_HOME'] ?? join(home, '.local/share');
  const config = env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const codex = env['CODEX_HOME'] ?? join(home, '.codex');
  const gemini = env['GEMINI_CLI_HOME'] ?? home;
  const isChat = (path: string): boolean => path.includes('chats');
  const places: LogPlace[] = [
    ...claudeFolders(home, config, env).map((folder) => place('claude-code', join(folder, 'projects'), isJsonLines)),
    place('codex', join(codex, 'sessions'), isJsonLines),
    place('codex', join(codex, 'archived_sessions'), isJsonLines),
    place('opencode', join(share, 'opencode'), isOpencodeFile),
    place('qwen', join(home, '.qwen/projects'), (path) => isJsonLines(path) && isChat(path)),
    place('gemini', join(gemini, '.gemini/tmp'), (path) => /\.jsonl?$/u.test(path) && isChat(path)),
    place('pi', join(home, '.pi/agent/sessions'), isJsonLines),
    place('cline', join(home, '.cline/data/sessions'), (path) => path.endsWith('.messages.json')),
    place('continue', join(home, '.continue/sessions'), (path) => /(?<!sessions)\.json$/u.test(path)),
    place('copilot', join(env['COPILOT_HOME'] ?? join(home, '.copilot'), 'session-state'), (path) =>
      path.endsWith('events.jsonl'),
    ),
    place('pointsman', join(share, 'pointsman/exports'), isJsonLines),
  ];
  const database = env['OPENCODE_DB'];
  if (database !== undefined && isAbsolute(database)) {
    places.push(place('opencode', dirname(database), (path) => path === basename(database)));
  }
  return places;
}

function place(client: ClientName, folder: string, accepts: (path: string) => boolean): LogPlace {
  return { client, folder, accepts };
}

/** `CLAUDE_CONFIG_DIR` may name several folders, with commas between; without it there are an older and a newer one. */
function claudeFolders(home: string, config: string, env: Environment): readonly string[] {
  const named = (env['CLAUDE_CONFIG_DIR'] ?? '').split(',').map((folder) => folder.trim());
  const folders = named.filter((folder) => folder !== '');
  return folders.length > 0 ? folders : [join(home, '.claude'), join(config, 'claude')];
}

/** The database of any release channel, and the files of the time before it. */
function isOpencodeFile(path: string): boolean {
  return (
    /(?:^|[\\/])opencode(?:-[\w.-]+)?\.db$/u.test(path) || /storage[\\/]message[\\/].*msg_[^\\/]+\.json$/u.test(path)
  );
}

/** Finds the logs of every client on this machine. Reads names and first bytes only; what cannot be read is not there. */
export async function findLogs(options: { readonly home: string; readonly env: Environment }): Promise<LogSearch> {
  const found: FoundLogs[] = [];
  const unrecognised: string[] = [];
  for (const { client, folder, accepts } of logPlaces(options.home, options.env)) {
    const named = (await walkFiles(folder)).filter((file) => accepts(relative(folder, file)));
    if (named.length === 0) continue;
    const sorted = await sortFiles(named, client);
    unrecognised.push(...sorted.unrecognised);
    for (const [importer, paths] of sorted.byImporter) {
      found.push({ client, importer, folder, paths, ...(await sizesOf(paths)) });
    }
  }
  return { found, unrecognised };
}

async function sizesOf(paths: readonly string[]): Promise<Pick<FoundLogs, 'byteCount' | 'lastChangedAt'>> {
  let byteCount = 0;
  let lastChangedAt = 0;
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    byteCount += info?.size ?? 0;
    lastChangedAt = Math.max(lastChangedAt, info?.mtimeMs ?? 0);
  }
  return { byteCount, lastChangedAt };
}
