import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../domain/environment.ts';
import type { Importer } from './importer.ts';
import { sortFiles } from './read-sessions.ts';
import type { ClientName } from './session-trace.ts';

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

/** Where a client keeps its logs, and which files there are logs. */
export interface LogPlace {
  readonly client: ClientName;
  readonly folder: string;
  readonly accepts: (path: string) => boolean;
}

/** Where clients keep their logs, environment variables that move them included. Read on 2026-11-21. */
export function logPlaces(home: string, env: Environment): readonly LogPlace[] {
  const share = env['XDG_DATA_HOME'] ?? join(home, '.local/share');
  const jsonl = (path: string): boolean => path.endsWith('.jsonl');
  return [
    {
      client: 'claude-code',
      folder: join(env['CLAUDE_CONFIG_DIR'] ?? join(home, '.claude'), 'projects'),
      accepts: jsonl,
    },
    { client: 'codex', folder: join(env['CODEX_HOME'] ?? join(home, '.codex'), 'sessions'), accepts: jsonl },
    { client: 'opencode', folder: join(share, 'opencode'), accepts: (path) => path.endsWith('opencode.db') },
    { client: 'qwen', folder: join(home, '.qwen/projects'), accepts: (path) => jsonl(path) && path.includes('chats') },
    { client: 'gemini', folder: join(home, '.gemini/tmp'), accepts: (path) => jsonl(path) && path.includes('chats') },
    { client: 'pi', folder: join(home, '.pi/agent/sessions'), accepts: jsonl },
    { client: 'cline', folder: join(home, '.cline/data/sessions'), accepts: (path) => path.endsWith('.messages.json') },
    {
      client: 'continue',
      folder: join(home, '.continue/sessions'),
      accepts: (path) => path.endsWith('.json') && !path.endsWith('sessions.json'),
    },
    {
      client: 'copilot',
      folder: join(home, '.copilot/session-state'),
      accepts: (path) => path.endsWith('events.jsonl'),
    },
    { client: 'pointsman', folder: join(share, 'pointsman/exports'), accepts: jsonl },
  ];
}

/** Finds the logs of every client on this machine. Reads names and first bytes only; what cannot be read is not there. */
export async function findLogs(options: {
  readonly home: string;
  readonly env: Environment;
}): Promise<readonly FoundLogs[]> {
  const found: FoundLogs[] = [];
  for (const place of logPlaces(options.home, options.env)) {
    const entries = await readdir(place.folder, { recursive: true }).catch(() => []);
    const named = entries
      .filter(place.accepts)
      .sort()
      .map((entry) => join(place.folder, entry));
    if (named.length === 0) continue;
    const { byImporter } = await sortFiles(named, place.client);
    for (const [importer, paths] of byImporter) {
      found.push({ client: place.client, importer, folder: place.folder, paths, ...(await sizesOf(paths)) });
    }
  }
  return found;
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
