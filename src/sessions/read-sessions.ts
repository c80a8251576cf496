import { stat } from 'node:fs/promises';
import type { ImportOptions, Importer } from './importer.ts';
import { agentSessionsImporter } from './importers/agent-sessions-importer.ts';
import { claudeCodeImporter } from './importers/claude-code-importer.ts';
import { clineImporter } from './importers/cline-importer.ts';
import { codexImporter } from './importers/codex-importer.ts';
import { continueImporter } from './importers/continue-importer.ts';
import { copilotImporter } from './importers/copilot-importer.ts';
import { geminiImporter, geminiJsonImporter, qwenImporter } from './importers/gemini-like-importers.ts';
import { kvCacheFileImporter, kvCacheLinesImporter } from './importers/kv-cache-importer.ts';
import { neutralImporter } from './importers/neutral-importer.ts';
import { opencodeDatabaseImporter } from './importers/opencode-database-importer.ts';
import { opencodeExportImporter } from './importers/opencode-importer.ts';
import { opencodeStorageImporter } from './importers/opencode-storage-importer.ts';
import { piImporter } from './importers/pi-importer.ts';
import { recordsImporter } from './importers/records-importer.ts';
import { readKept } from './kept/read-kept.ts';
import type { SessionShelf } from './kept/session-shelf.ts';
import { readLogHead, readLongLogHead, SHORT_HEAD_BYTES } from './log-head.ts';
import type { ClientName, SessionTrace } from './session-trace.ts';
import { walkFiles } from './walk-files.ts';

/** Every importer; the more particular a format, the earlier it is asked. */
export const importers: readonly Importer[] = [
  recordsImporter,
  neutralImporter,
  codexImporter,
  copilotImporter,
  piImporter,
  qwenImporter,
  geminiImporter,
  geminiJsonImporter,
  claudeCodeImporter,
  kvCacheFileImporter,
  kvCacheLinesImporter,
  agentSessionsImporter,
  opencodeDatabaseImporter,
  opencodeExportImporter,
  opencodeStorageImporter,
  clineImporter,
  continueImporter,
];

/** Files by the importer that knows them. */
export interface SortedFiles {
  readonly byImporter: ReadonlyMap<Importer, readonly string[]>;
  readonly unrecognised: readonly string[];
}

/**
 * Looks into files and folders (to any depth, hidden ones left out) and tells which importer reads which file, in the order of
 * their names.
 * @param from takes this client's importers only
 * @param takesNamed a file that stands in `paths` itself is one of `from`, whatever it looks like
 */
export async function sortFiles(paths: readonly string[], from?: ClientName, takesNamed = false): Promise<SortedFiles> {
  const able = from === undefined ? importers : importers.filter((importer) => importer.client === from);
  const named = new Set(from !== undefined && takesNamed ? paths : []);
  const byImporter = new Map<Importer, string[]>();
  const unrecognised: string[] = [];
  for (const path of await expand(paths)) {
    const found =
      (await importerOf(path, able)) ?? (named.has(path) ? able.find(({ reads }) => reads.test(path)) : undefined);
    if (found === undefined) unrecognised.push(path);
    else byImporter.set(found, [...(byImporter.get(found) ?? []), path]);
  }
  return { byImporter, unrecognised };
}

/** Most logs say at once whose they are; only what does not is read further. */
async function importerOf(path: string, able: readonly Importer[]): Promise<Importer | undefined> {
  const [only, another] = able;
  if (another === undefined && only?.detect(await readLogHead(path, SHORT_HEAD_BYTES)) === true) return only;
  const head = await readLogHead(path);
  const found = able.find((importer) => importer.detect(head));
  if (found !== undefined || !LOG_FILE.test(path)) return found;
  const longHead = await readLongLogHead(path);
  return able.find((importer) => importer.detect(longHead));
}

/** All sessions of these files, one importer after the other; each session once. With `shelf`, logs that have not changed are not read again. */
export async function* readSessions(
  files: SortedFiles,
  options: ImportOptions,
  shelf?: SessionShelf,
): AsyncGenerator<SessionTrace> {
  for (const [importer, paths] of files.byImporter) {
    yield* shelf === undefined ? importer.read(paths, options) : readKept(importer, paths, options, shelf);
  }
  await shelf?.sweep();
}

/** Files that stand beside logs and belong to them. */
const NO_LOG = /\.meta\.json$|[\\/]storage[\\/](?:part|session)[\\/]/u;
const LOG_FILE = /\.(?:jsonl|jsonl\.gz|json|db)$/u;

async function expand(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory() !== true) {
      files.push(path);
      continue;
    }
    const inside = await walkFiles(path);
    files.push(...inside.filter((file) => LOG_FILE.test(file) && !NO_LOG.test(file)));
  }
  return files;
}
