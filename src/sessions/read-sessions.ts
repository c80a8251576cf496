import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportOptions, Importer } from './importer.ts';
import { agentSessionsImporter } from './importers/agent-sessions-importer.ts';
import { claudeCodeImporter } from './importers/claude-code-importer.ts';
import { clineImporter } from './importers/cline-importer.ts';
import { codexImporter } from './importers/codex-importer.ts';
import { continueImporter } from './importers/continue-importer.ts';
import { copilotImporter } from './importers/copilot-importer.ts';
import { geminiImporter, qwenImporter } from './importers/gemini-like-importers.ts';
import { neutralImporter } from './importers/neutral-importer.ts';
import { opencodeDatabaseImporter, opencodeExportImporter } from './importers/opencode-importer.ts';
import { piImporter } from './importers/pi-importer.ts';
import { recordsImporter } from './importers/records-importer.ts';
import type { ClientName, SessionTrace } from './session-trace.ts';

/** Every importer; the more particular a format, the earlier it is asked. */
export const importers: readonly Importer[] = [
  recordsImporter,
  neutralImporter,
  codexImporter,
  copilotImporter,
  piImporter,
  qwenImporter,
  geminiImporter,
  claudeCodeImporter,
  agentSessionsImporter,
  opencodeDatabaseImporter,
  opencodeExportImporter,
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
 * @param from takes this client's importers only, and for them every file that was named
 */
export async function sortFiles(paths: readonly string[], from?: ClientName): Promise<SortedFiles> {
  const able = from === undefined ? importers : importers.filter((importer) => importer.client === from);
  const byImporter = new Map<Importer, string[]>();
  const unrecognised: string[] = [];
  for (const path of await expand(paths)) {
    let found: Importer | undefined;
    for (const importer of able) {
      if (found === undefined && (await importer.detect(path))) found = importer;
    }
    if (found === undefined) unrecognised.push(path);
    else byImporter.set(found, [...(byImporter.get(found) ?? []), path]);
  }
  return { byImporter, unrecognised };
}

/** All sessions of these files, one importer after the other; each session once. */
export async function* readSessions(files: SortedFiles, options: ImportOptions): AsyncGenerator<SessionTrace> {
  for (const [importer, paths] of files.byImporter) yield* importer.read(paths, options);
}

const LOG_FILE = /\.(?:jsonl|jsonl\.gz|json|db)$/u;

async function expand(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory() !== true) {
      files.push(path);
      continue;
    }
    const inside = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
    const found = inside
      .filter((entry) => entry.isFile() && LOG_FILE.test(entry.name) && !entry.name.endsWith('.meta.json'))
      .map((entry) => join(entry.parentPath, entry.name));
    files.push(...found.sort());
  }
  return files;
}
