import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { commandNames, completionsOf, filled, modulesOf } from './command-names.ts';
import { serversIn } from './named-files.ts';

/** A file of the folder that one of its tool servers runs, or that says what that runs. */
export interface BroughtProgram {
  /** Relative to the folder. */
  readonly name: string;
  /** First line: size and digest of its bytes. Behind it what it says, where that is text and not long. */
  readonly text: string;
}

const MAX_TEXT_BYTES = 64 * 1024;
const MAX_HASHED_BYTES = 256 * 1024 * 1024;
/** Programs that do what a file beside them says. */
const BESIDE: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:npm|pnpm|yarn|bun)$/u, ['package.json']],
  [/^g?make$/u, ['GNUmakefile', 'makefile', 'Makefile']],
  [/^just$/u, ['justfile', 'Justfile', '.justfile']],
  [
    /^(?:docker|docker-compose|podman|nerdctl)$/u,
    ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'],
  ],
  [/^(?:uvx?|poetry|hatch|pdm|rye)$/u, ['pyproject.toml']],
  [/^cargo$/u, ['Cargo.toml']],
  [/^deno$/u, ['deno.json', 'deno.jsonc']],
];

/**
 * What the servers of a list run that lies in the folder: files that their command lines name, in what way ever, and those by
 * which a program beside them knows what to do. The yes to a list is one to these as they are; what they call in turn is not
 * followed. Lenient: a list that cannot be read names nothing, and starts nothing.
 */
export function programsOf(folder: string, list: string): readonly BroughtProgram[] {
  const names = serversIn(list).flatMap(([, entry]) => namesIn(folder, entry));
  return [...new Set(names)].sort().flatMap((name) => programAt(folder, name));
}

/** Folders in which a command line may have its names looked up. */
const MAX_BASES = 32;

function namesIn(folder: string, entry: Readonly<Record<string, unknown>>): readonly string[] {
  const { cwd } = entry;
  const from = [folder, ...(typeof cwd === 'string' ? [path.resolve(folder, filled(cwd))] : [])];
  const isThere = (word: string): boolean =>
    from.some((base) => [word, ...completionsOf(word)].some((name) => kindAt(path.resolve(base, name)) !== undefined));
  const words = commandNames(entry, isThere);
  const programs = words.map(({ word }) => path.basename(word));
  const beside = BESIDE.flatMap(([shape, names]) => (programs.some((program) => shape.test(program)) ? names : []));
  // One that is named may be where the rest is looked for: `uv --directory tools run server.py`.
  const folders = from
    .flatMap((base) => words.map(({ word }) => path.resolve(base, word)))
    .filter((place) => isBelow(path.relative(folder, place)) && kindAt(place) === 'folder');
  const bases = [...new Set([...from, ...folders])].slice(0, MAX_BASES);
  const named = words.flatMap(({ word, isCompleted }) => [
    word,
    path.join('node_modules', '.bin', word),
    ...modulesOf(word),
    ...(isCompleted ? completionsOf(word) : []),
  ]);
  return bases.flatMap((base) => [...new Set([...named, ...beside])].map((name) => path.resolve(base, name)));
}

function kindAt(place: string): 'file' | 'folder' | undefined {
  try {
    const stat = statSync(place, { throwIfNoEntry: false });
    return stat?.isDirectory() === true ? 'folder' : stat?.isFile() === true ? 'file' : undefined;
  } catch {
    return undefined;
  }
}

function programAt(folder: string, file: string): readonly BroughtProgram[] {
  try {
    const real = realpathSync(file);
    const inside = [file, real].map((one) => path.relative(folder, one)).find(isBelow);
    if (inside === undefined) return [];
    const stat = statSync(real);
    if (!stat.isFile()) return [];
    if (stat.size > MAX_HASHED_BYTES) return [{ name: inside, text: `${stat.size} bytes, changed ${stat.mtimeMs}` }];
    const bytes = readFileSync(file);
    if (path.basename(file) === 'package.json') return [{ name: inside, text: scriptsIn(bytes.toString('utf8')) }];
    const digest = createHash('sha256').update(bytes).digest('hex');
    const text = bytes.length > MAX_TEXT_BYTES || bytes.includes(0) ? '' : bytes.toString('utf8');
    return [{ name: inside, text: `${bytes.length} bytes, sha256 ${digest}\n${text}` }];
  } catch {
    return [];
  }
}

/** By its own name, or by where that leads. */
function isBelow(relative: string): boolean {
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** Of a manifest its scripts: nothing else of it is run. */
function scriptsIn(manifest: string): string {
  try {
    return `scripts: ${JSON.stringify((JSON.parse(manifest) as { readonly scripts?: unknown }).scripts ?? {}, undefined, 2)}`;
  } catch {
    return manifest;
  }
}
