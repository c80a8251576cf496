import path from 'node:path';
import type { CheckCommand, Folder } from './check-command.ts';
import { nodeChecks } from './node-checks.ts';
import { openFolder } from './open-folder.ts';
import { otherChecks } from './other-checks.ts';
import { pythonChecks } from './python-checks.ts';
import { saidChecks } from './said-checks.ts';

export interface FindOptions {
  /** The user's own word for it, a command a line; it replaces all that would be found. */
  readonly said: readonly string[];
  readonly home: string | undefined;
}

/** Of a repository with many parts. */
const MAX_DEPTH = 3;
const MAX_FOLDERS = 400;
const MAX_PARTS = 20;
const PASSED_OVER =
  /^(?:\..*|node_modules|vendor|third_party|target|dist|build|out|venv|env|__pycache__|fixtures|testdata|examples?|docs?)$/u;

/**
 * The commands that check a workspace: as its user says, else as its manifests tell; where its root tells nothing of tests,
 * as those of its parts do.
 */
export function findChecks(workspace: string, { said, home }: FindOptions): readonly CheckCommand[] {
  const root = openFolder(workspace, '', home);
  const own = saidChecks(root, said);
  if (own.some((one) => one.role === 'tests')) return own;
  const atRoot = [...own, ...checksIn(root)];
  if (atRoot.some((one) => one.role === 'tests')) return atRoot;
  return [...atRoot, ...partsOf(root).flatMap(checksIn).slice(0, MAX_PARTS)];
}

function checksIn(folder: Folder): readonly CheckCommand[] {
  const found = [...nodeChecks(folder), ...pythonChecks(folder)];
  return [...found, ...otherChecks(folder, found)];
}

/** Folders below that have checks of their own, without those inside another such folder. */
function partsOf(root: Folder): readonly Folder[] {
  const parts: Folder[] = [];
  let seen = 0;
  let level: readonly string[] = childrenOf(root);
  for (let depth = 1; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const relative of level) {
      seen += 1;
      if (seen > MAX_FOLDERS) return parts;
      const folder = openFolder(root.root, relative, root.home);
      if (checksIn(folder).some((one) => one.role === 'tests')) parts.push(folder);
      else next.push(...childrenOf(folder));
    }
    level = next;
  }
  return parts;
}

/** Folders in it that may be parts of the project, relative to the workspace. */
function childrenOf(folder: Folder): readonly string[] {
  return [...folder.names]
    .filter((name) => !PASSED_OVER.test(name) && !/\.\w{1,5}$/u.test(name))
    .map((name) => path.join(folder.relative, name));
}
