import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import { plainName } from '../../trust/places/protected-paths.ts';
import { STORE_NAME } from '../../trust/store-name.ts';
import { type IgnoreRules, NO_RULES } from './ignore-rules.ts';

export interface WalkedEntry {
  /** From the folder that is walked, with slashes. */
  readonly relative: string;
  readonly isFolder: boolean;
}

interface WalkedFolder {
  readonly relative: string;
  readonly rules: IgnoreRules;
}

export interface WalkOptions {
  /** Folders that no tool looks into, absolute; a store of ours never is, whatever is asked for. */
  readonly closed: readonly string[];
  /** What is ignored, too. */
  readonly everything: boolean;
  readonly signal: AbortSignal;
}

const RULE_FILES = ['.gitignore', '.ignore'];

/**
 * Everything below a folder, level by level and sorted, without what its `.gitignore` files leave out. Links are named and not
 * followed; a folder that cannot be read is empty.
 * @param root the workspace, whose rules hold below it
 * @param start inside it
 */
export async function* walkWorkspace(root: string, start: string, options: WalkOptions): AsyncGenerator<WalkedEntry> {
  let level: readonly WalkedFolder[] = [await rulesDownTo(root, start)];
  while (level.length > 0) {
    const next: WalkedFolder[] = [];
    for (const folder of level) {
      options.signal.throwIfAborted();
      const entries = await sortedEntries(path.join(root, folder.relative));
      const rules = await withOwnRules(root, folder, entries);
      for (const entry of entries) {
        const relative = folder.relative === '' ? entry.name : `${folder.relative}/${entry.name}`;
        const isFolder = entry.isDirectory();
        if (isFolder && isClosed(path.join(root, relative), options.closed)) continue;
        if (!options.everything && rules.isIgnored(relative, isFolder)) continue;
        yield { relative: path.posix.relative(posix(path.relative(root, start)), relative), isFolder };
        if (isFolder) next.push({ relative, rules });
      }
    }
    level = next;
  }
}

function isClosed(folder: string, closed: readonly string[]): boolean {
  const name = plainName(path.basename(folder));
  return name === STORE_NAME || name === '.git' || closed.includes(folder);
}

/** The folder to start with, under the rules of those above it. */
async function rulesDownTo(root: string, start: string): Promise<WalkedFolder> {
  const relative = posix(path.relative(root, start));
  const names = relative === '' ? [] : relative.split('/');
  let rules = NO_RULES;
  for (let depth = 0; depth < names.length; depth += 1) {
    const above = names.slice(0, depth).join('/');
    rules = await withOwnRules(root, { relative: above, rules }, await sortedEntries(path.join(root, above)));
  }
  return { relative, rules };
}

async function withOwnRules(root: string, folder: WalkedFolder, entries: readonly Dirent[]): Promise<IgnoreRules> {
  let { rules } = folder;
  for (const name of RULE_FILES) {
    if (!entries.some((entry) => entry.name === name && entry.isFile())) continue;
    const text = await fs.readFile(path.join(root, folder.relative, name), 'utf8').catch(() => '');
    rules = rules.and(folder.relative, text);
  }
  return rules;
}

async function sortedEntries(folder: string): Promise<readonly Dirent[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function posix(relative: string): string {
  return relative.split(path.sep).join('/');
}
