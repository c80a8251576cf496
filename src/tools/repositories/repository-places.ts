import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { isInside } from '../confine-path.ts';
import { inTurns } from '../work-tree/in-turns.ts';
import { emptyRepository } from '../work-tree/job-tree.ts';
import { listingOf } from '../work-tree/list-folder.ts';
import { lstatOf } from '../work-tree/look-at.ts';
import { commonDirOf, gitDirOf } from '../work-tree/repository-of.ts';
import { gitProgram } from '../work-tree/work-tree.ts';

const MAX_DEPTH = 4;

/**
 * Where the repositories of a folder lie: its own, that of which it is a part, and those in it that are not ignored, such as
 * submodules. Each `.git` as it stands, and what it leads to. Real places that need not lie in the folder; each once.
 * @param folder a real path
 */
export async function repositoryPlaces(folder: string, env: Environment): Promise<readonly string[]> {
  const found = [...partOf(folder), folder, ...(await foldersBelow(folder, env))].flatMap(placesOf);
  return found.filter((place, index) => !found.some((other, at) => isApart(other, place, at < index)));
}

async function foldersBelow(folder: string, env: Environment): Promise<readonly string[]> {
  const git = gitProgram(folder, env['PATH'] ?? '');
  if (git === undefined) return [];
  const emptyGitDir = mkdtempSync(path.join(tmpdir(), 'pointsman-look-'));
  try {
    emptyRepository(emptyGitDir);
    return await foldersIn(folder, { git, path: env['PATH'] ?? '', home: env['HOME'], emptyGitDir }, 0);
  } finally {
    rmSync(emptyGitDir, { recursive: true, force: true });
  }
}

/** Lies in another one, or is the same and comes later. */
function isApart(other: string, place: string, isBefore: boolean): boolean {
  return other === place ? isBefore : isInside(other, place);
}

/** The folder above with the repository that this one is a part of. */
function partOf(folder: string): readonly string[] {
  if (lstatOf(path.join(folder, '.git')) !== undefined) return [];
  for (let above = path.dirname(folder); above !== path.dirname(above); above = path.dirname(above)) {
    if (lstatOf(path.join(above, '.git')) !== undefined) return [above];
  }
  return [];
}

/** Whole paths of folders with repositories of their own. */
async function foldersIn(
  folder: string,
  options: Parameters<typeof listingOf>[1],
  depth: number,
): Promise<readonly string[]> {
  const listed = depth === MAX_DEPTH ? undefined : await listingOf(folder, options);
  const found: string[] = (listed?.repositories ?? []).map((name) => path.join(folder, name));
  // Of submodules the index knows the name alone, and a folder stands there.
  await inTurns(listed?.files ?? [], (name) => {
    const place = path.join(folder, name);
    if (lstatOf(place)?.isDirectory() === true && lstatOf(path.join(place, '.git')) !== undefined) found.push(place);
  });
  const deeper: string[] = [];
  for (const one of found) deeper.push(...(await foldersIn(one, options, depth + 1)));
  return [...found, ...deeper];
}

function placesOf(folder: string): readonly string[] {
  const dot = path.join(folder, '.git');
  if (lstatOf(dot) === undefined) return [];
  const led = [dot, gitDirOf(folder), commonDirOf(folder)].flatMap((place) => realOf(place) ?? []);
  return [dot, ...led];
}

function realOf(place: string | undefined): string | undefined {
  try {
    return place === undefined ? undefined : realpathSync.native(place);
  } catch {
    return undefined;
  }
}
