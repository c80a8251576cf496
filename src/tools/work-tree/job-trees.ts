import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, realpathSync, statSync, writeFileSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { DAY_MS, type At, type Ms } from '../../domain/time.ts';
import { isInside } from '../confine-path.ts';
import { makeTree } from './job-tree.ts';
import { namesIn, wholeTextOf } from './look-at.ts';
import { removeFolder } from './remove-folder.ts';
import { gitProgram, type TreeCopy } from './work-tree.ts';

/** A copy of a folder in which one job works. */
export interface JobTree {
  /** A real path. */
  readonly folder: string;
  readonly copy: TreeCopy;
  /** Outside of it what may be read from it: the user's folder, and what git keeps. */
  readonly readable: readonly string[];
  /** Made just now; else the one that the job has worked in before. */
  readonly isNew: boolean;
  readonly remove: () => Promise<void>;
}

export type OpenedTree =
  | { readonly kind: 'tree'; readonly tree: JobTree }
  /** The job has to work in the folder itself. */
  | { readonly kind: 'none'; readonly why: string };

export interface JobTrees {
  /** The copy that a job has, else a new one. A job is at work in one process at a time. */
  readonly open: (jobId: string, workspace: string) => Promise<OpenedTree>;
  /** Takes away the one that a job has, if it has one. */
  readonly forget: (jobId: string, workspace: string) => Promise<void>;
}

interface JobTreesOptions {
  /** All of them, of every folder. */
  readonly dir: string;
  readonly env: Environment;
  /** Folders of our own. */
  readonly closed: readonly string[];
  readonly now: () => At;
}

/** Nobody has gone on with a job for so long: what it did is kept apart, and a copy can be made again. */
const UNUSED_MS: Ms = 7 * DAY_MS;
const MAX_PLACES = 64;
const NOTE = 'job.json';

interface Note {
  readonly jobId: string;
  /** `undefined`: it was being made when its process ended. */
  readonly links?: readonly string[];
  readonly forced?: readonly string[];
  readonly commonDir?: string;
}

/**
 * Copies by folder, in numbered places: a job after another works in the same one, so that what its prompts begin with stays the
 * same.
 */
export function openJobTrees(options: JobTreesOptions): JobTrees {
  const placesOf = (workspace: string): string =>
    path.join(options.dir, createHash('sha256').update(workspace).digest('hex').slice(0, 12));
  return {
    open: async (jobId, workspace) => {
      const searchPath = options.env['PATH'] ?? '';
      const git = gitProgram(workspace, searchPath);
      if (git === undefined) return none('there is no git');
      const places = realFolder(placesOf(workspace));
      if (places === undefined) return none('there is no room for a copy in the cache folder');
      if (isInside(workspace, places)) return none('it holds the folder in which copies are made');
      const known = placeOf(places, jobId);
      if (known?.note.links !== undefined) {
        writeFileSync(path.join(known.place, NOTE), JSON.stringify(known.note));
        return { kind: 'tree', tree: treeAt(known.place, workspace, known.note, { isNew: false, placesOf }) };
      }
      if (known !== undefined) await removeFolder(known.place);
      const place = await claim(places, jobId, options.now());
      if (place === undefined) return none(`${MAX_PLACES} jobs are at work in it`);
      return make(place, { jobId, workspace }, { ...options, git, path: searchPath, placesOf });
    },
    forget: async (jobId, workspace) => {
      const known = placeOf(placesOf(workspace), jobId);
      if (known !== undefined) await removeTree(known.place, workspace, placesOf);
    },
  };
}

/** `undefined`: it cannot be made, or is another user's. */
function realFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

function none(why: string): OpenedTree {
  return { kind: 'none', why };
}

async function make(
  place: string,
  { jobId, workspace }: { readonly jobId: string; readonly workspace: string },
  options: JobTreesOptions & { readonly git: string; readonly path: string; readonly placesOf: PlacesOf },
): Promise<OpenedTree> {
  const { folder, gitDir } = partsOf(place, workspace);
  const made = await makeTree({
    from: workspace,
    to: folder,
    gitDir,
    git: options.git,
    path: options.path,
    home: options.env['HOME'],
    closed: options.closed,
  }).catch((thrown: unknown) => ({
    kind: 'unsuitable' as const,
    why: thrown instanceof Error ? thrown.message : String(thrown),
  }));
  if (made.kind === 'unsuitable') {
    await removeFolder(place);
    return none(made.why);
  }
  const { links, forced } = made;
  const note: Note = { jobId, links, forced, ...(made.commonDir !== undefined && { commonDir: made.commonDir }) };
  writeFileSync(path.join(place, NOTE), JSON.stringify(note));
  return { kind: 'tree', tree: treeAt(place, workspace, note, { isNew: true, placesOf: options.placesOf }) };
}

/** Named as the user's folder is: some programs go by that. */
function partsOf(place: string, workspace: string): { readonly folder: string; readonly gitDir: string } {
  return { folder: path.join(place, 'tree', path.basename(workspace) || 'root'), gitDir: path.join(place, 'git') };
}

/** Where the copies of a folder lie. */
type PlacesOf = (workspace: string) => string;

/** Copies that were made of the copy go with it. */
async function removeTree(place: string, workspace: string, placesOf: PlacesOf): Promise<void> {
  await removeFolder(placesOf(partsOf(place, workspace).folder));
  await removeFolder(place);
}

function treeAt(
  place: string,
  workspace: string,
  { links = [], forced = [], commonDir }: Note,
  { isNew, placesOf }: { readonly isNew: boolean; readonly placesOf: PlacesOf },
): JobTree {
  const { folder, gitDir } = partsOf(place, workspace);
  return {
    folder,
    copy: { of: workspace, gitDir: path.join(place, 'seen'), links, forced },
    readable: [workspace, ...(commonDir === undefined ? [] : [gitDir, commonDir])],
    isNew,
    remove: async () => removeTree(place, workspace, placesOf),
  };
}

function placeOf(places: string, jobId: string): { readonly place: string; readonly note: Note } | undefined {
  for (const name of namesIn(places)) {
    const place = path.join(places, name);
    const note = noteOf(place);
    if (note?.jobId === jobId) return { place, note };
  }
  return undefined;
}

function noteOf(place: string): Note | undefined {
  try {
    return JSON.parse(wholeTextOf(path.join(place, NOTE)) ?? '') as Note;
  } catch {
    return undefined;
  }
}

/** The first place that is free, or that nobody has used for long. */
async function claim(places: string, jobId: string, now: At): Promise<string | undefined> {
  for (let index = 1; index <= MAX_PLACES; index += 1) {
    const place = path.join(places, String(index));
    const stat = followed(path.join(place, NOTE)) ?? followed(place);
    // What a job's commands left may not go by itself, as folders that may not be written: then it stays, and no job with it.
    if (stat !== undefined && now - stat.mtimeMs > UNUSED_MS) await removeFolder(place).catch(() => undefined);
    if (!wasMade(place)) continue;
    writeFileSync(path.join(place, NOTE), JSON.stringify({ jobId } satisfies Note));
    return place;
  }
  return undefined;
}

function followed(place: string): Stats | undefined {
  return statSync(place, { throwIfNoEntry: false });
}

/** By us: one of two processes makes it. */
function wasMade(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
