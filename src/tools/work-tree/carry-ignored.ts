import { mkdirSync, symlinkSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { namesFolder } from './bound-place.ts';
import { type CopyBetween, copyFiles, copyLink } from './copy-files.ts';
import { direntsOf, lstatOf, namesIn } from './look-at.ts';

/** What the ignored things of a folder came to in its copy. */
export interface Carried {
  /** Names in the copy that lead to the folder itself, to be read there. */
  readonly links: readonly string[];
  /** Why the copy would not do: what is ignored says where the folder lies. */
  readonly objection: string | undefined;
}

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_FOLDER_BYTES = 32 * 1024 * 1024;
const MAX_FOLDER_FILES = 3000;

/** What builds make and can make again. */
const BUILT = new Set(
  'target build dist out obj bin .gradle .next .nuxt .turbo .parcel-cache .svelte-kit coverage .nyc_output __pycache__ .tox .nox .mypy_cache .pytest_cache .ruff_cache .cache CMakeFiles _build'.split(
    ' ',
  ),
);

/**
 * Makes what a folder ignores reachable in its copy without anything in the folder being altered by what works in the copy:
 * packages and environments are linked to, what is small is copied, what a build would make again is left out where it is large.
 * @param ignored files, and folders with a slash at their end
 */
export async function carryIgnored(ignored: readonly string[], between: CopyBetween): Promise<Carried> {
  const links: string[] = [];
  for (const name of ignored) {
    const plain = name.replace(/\/$/u, '');
    mkdirSync(path.dirname(path.join(between.to, plain)), { recursive: true });
    const objection = name.endsWith('/')
      ? await carryFolder(plain, between, links)
      : await carryFile(plain, between, links);
    if (objection !== undefined) return { links, objection };
  }
  return { links, objection: undefined };
}

async function carryFile(name: string, between: CopyBetween, links: string[]): Promise<undefined> {
  const stat = lstatOf(path.join(between.from, name));
  if (stat === undefined) return;
  if (stat.isFile() && stat.size > MAX_FILE_BYTES) return linkTo(name, between, links);
  await copyFiles([name], between);
}

async function carryFolder(name: string, between: CopyBetween, links: string[]): Promise<string | undefined> {
  const place = path.join(between.from, name);
  const base = path.basename(name);
  if (base === 'node_modules') return linkPackages(name, between);
  const names = new Set(namesIn(place));
  if (names.has('pyvenv.cfg')) {
    if (namesFolder(place, between.from)) return `${name} holds packages that lead to the folder itself`;
    return linkTo(name, between, links);
  }
  const inside = filesWithin(place, name);
  if (inside !== undefined && !names.has('CMakeCache.txt')) {
    await copyFiles(inside, between);
    return undefined;
  }
  if (BUILT.has(base) || names.has('CMakeCache.txt')) return undefined;
  // PHP finds the classes of a project from where this file really lies.
  if (names.has('autoload.php')) return `${name} is large and loads the project from where it lies`;
  return linkTo(name, between, links);
}

function linkTo(name: string, { from, to }: CopyBetween, links: string[]): undefined {
  symlinkSync(path.join(from, name), path.join(to, name));
  links.push(name);
}

/** What tools keep beside packages, to be written anew. */
const CACHES = new Set(['.cache', '.vite', '.vite-temp', '.vitest', '.vitest-attachments']);

/**
 * Package by package: those that are links, as the parts of a repository with many are, lead to the parts of the copy; and a
 * tool that keeps a cache among the packages keeps it in the copy.
 */
async function linkPackages(name: string, between: CopyBetween): Promise<undefined> {
  mkdirSync(path.join(between.to, name), { recursive: true });
  for (const entry of direntsOf(path.join(between.from, name)) ?? [])
    await linkPackage(`${name}/${entry.name}`, entry, between);
  return undefined;
}

async function linkPackage(name: string, entry: Dirent, between: CopyBetween): Promise<void> {
  if (CACHES.has(entry.name)) return;
  if (entry.isSymbolicLink()) copyLink(name, between);
  else if (entry.isFile()) await copyFiles([name], between);
  else if (entry.name === '.bin' || entry.name.startsWith('@')) await linkPackages(name, between);
  else if (entry.isDirectory()) symlinkSync(path.join(between.from, name), path.join(between.to, name));
}

/** Files below a folder that is small; `undefined`: it is not. */
function filesWithin(place: string, name: string): readonly string[] | undefined {
  const files: string[] = [];
  let byteCount = 0;
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of direntsOf(path.join(place, at)) ?? []) {
      const inside = path.posix.join(at, entry.name);
      if (entry.isDirectory()) pending.push(inside);
      else {
        files.push(`${name}/${inside}`);
        byteCount += lstatOf(path.join(place, inside))?.size ?? 0;
      }
    }
    if (files.length + pending.length > MAX_FOLDER_FILES || byteCount > MAX_FOLDER_BYTES) return undefined;
  }
  return files;
}
