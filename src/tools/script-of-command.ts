import { createHash } from 'node:crypto';
import { globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { completionsOf, interpretedNames, modulesOf } from '../trust/command-names.ts';
import { isInside } from './confine-path.ts';

/** A file of the workspace that decides what a command does, and what of it a person is shown. */
export interface CommandScript {
  /** Relative to the workspace. */
  readonly file: string;
  /** Of the whole file. */
  readonly digest: string;
  readonly says: string;
}

export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  /** A real path inside the workspace. */
  readonly cwd: string;
}

const MAX_BYTES = 4 * 1024 * 1024;
const INTERPRETERS: ReadonlySet<string> = new Set(
  'node deno bun python python3 ruby perl php tsx ts-node Rscript lua sh bash dash zsh ksh'.split(' '),
);
const PACKAGE_RUNNERS: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun']);
const RUN_WORDS: ReadonlySet<string> = new Set(['run', 'run-script', 'rum', 'urn']);
/** Programs that do what a file beside them says: the first of these that is there. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  make: ['GNUmakefile', 'makefile', 'Makefile'],
  just: ['justfile', 'Justfile', '.justfile'],
  task: ['Taskfile.yml', 'Taskfile.yaml'],
  rake: ['Rakefile'],
};

/**
 * The scripts of the workspace that a command runs, as far as its words tell: of a package runner the scripts of that name
 * and the settings that say which shell reads them, of an interpreter its file, of `make` and the like what they read, of `npx`
 * and of a path the program. What these call in turn is not followed.
 * @param workspace a real path
 */
export function scriptsOf(command: CommandLine, workspace: string): readonly CommandScript[] {
  const { args, cwd } = command;
  const program = path.basename(command.program);
  const plain = args.filter((argument) => !argument.startsWith('-'));
  const read = (file: string): readonly CommandScript[] => readScript(workspace, path.resolve(cwd, file));
  const name = PACKAGE_RUNNERS.has(program) ? packageScript(program, plain) : undefined;
  const own = program === command.program ? [] : read(command.program);
  const ofPackages = name === undefined ? [] : packageScripts(command, namesOfScript(name), workspace);
  if (program === 'npx' && plain[0] !== undefined) {
    const file = path.join('node_modules', '.bin', path.basename(plain[0]));
    return [...own, ...at(nearest(workspace, cwd, file)).flatMap((folder) => read(path.join(folder, file)))];
  }
  const beside = Object.hasOwn(BESIDE, program) ? (BESIDE[program] ?? []) : [];
  const first = beside.find((file) => statOf(path.join(cwd, file)) !== undefined);
  if (!INTERPRETERS.has(program)) return [...own, ...ofPackages, ...at(first).flatMap(read)];
  const isThere = (word: string): boolean =>
    [word, ...completionsOf(word)].some((file) => statOf(path.resolve(cwd, file)) !== undefined);
  const words = [...(args.includes('--test') ? plain : []), ...interpretedNames(args, isThere)];
  const files = words.flatMap((word) => [word, ...modulesOf(word), ...completionsOf(word)]);
  return [...own, ...ofPackages, ...[...new Set(files)].flatMap(read)];
}

/** `npm test`, `npm t`, `npm run lint`, `npm start`, `yarn lint`; `undefined` for what runs no script of a package. */
function packageScript(program: string, words: readonly string[]): string | undefined {
  const [first = '', second] = words;
  if (RUN_WORDS.has(first)) return second;
  if (['t', 'tst', 'test'].includes(first)) return 'test';
  return program !== 'npm' || ['start', 'stop', 'restart'].includes(first) ? first : undefined;
}

/** Of the nearest package, or of those that it holds where the command names them; and the settings of all that lie above. */
function packageScripts(
  { args, cwd }: CommandLine,
  names: readonly string[],
  workspace: string,
): readonly CommandScript[] {
  const folder = nearest(workspace, cwd, 'package.json');
  if (folder === undefined) return [];
  const inner = args.some((argument) => /^--workspaces?(?:=|$)/u.test(argument)) ? innerPackages(folder) : [];
  const manifests = [folder, ...inner].flatMap((one) =>
    readScript(workspace, path.join(one, 'package.json'), (text) => scriptLines(text, names)),
  );
  const settings = foldersUp(workspace, cwd).flatMap((one) => readScript(workspace, path.join(one, '.npmrc')));
  return [...manifests.filter(({ says }) => says !== ''), ...settings];
}

/** All that a package holds: which of them a name means is the runner's to say. */
function innerPackages(folder: string): readonly string[] {
  try {
    const { workspaces } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
    };
    const patterns = workspaces === undefined || 'length' in workspaces ? workspaces : workspaces.packages;
    const files = globSync(
      (patterns ?? []).map((pattern) => path.join(pattern, 'package.json')),
      { cwd: folder },
    );
    return files.sort().map((file) => path.join(folder, path.dirname(file)));
  } catch {
    return [];
  }
}

function at<Value>(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : [value];
}

function namesOfScript(name: string): readonly string[] {
  return [`pre${name}`, name, `post${name}`];
}

/** The whole manifest where it cannot be read: then nobody knows what would run. */
function scriptLines(manifest: string, names: readonly string[]): string {
  try {
    const { scripts } = JSON.parse(manifest) as { readonly scripts?: Readonly<Record<string, unknown>> };
    return names
      .filter((name) => scripts !== undefined && Object.hasOwn(scripts, name))
      .map((name) => `${name}: ${JSON.stringify(scripts?.[name])}`)
      .join(', ');
  } catch {
    return manifest;
  }
}

/** The folder at or above `from`, inside the workspace, that holds the file. */
function nearest(workspace: string, from: string, name: string): string | undefined {
  return foldersUp(workspace, from).find((folder) => statOf(path.join(folder, name)) !== undefined);
}

/** `from` and what lies above it in the workspace. */
function foldersUp(workspace: string, from: string): readonly string[] {
  if (!isInside(workspace, from)) return [];
  return from === workspace ? [from] : [from, ...foldersUp(workspace, path.dirname(from))];
}

/**
 * Of a manifest only what is shown is bound, since the rest of it changes nothing that runs here; of any other file all.
 * A file outside the workspace is the user's own.
 */
function readScript(workspace: string, file: string, says?: (text: string) => string): readonly CommandScript[] {
  try {
    const real = realpathSync(file);
    const stat = statSync(real);
    if (!isInside(workspace, real) || !stat.isFile()) return [];
    const relative = path.relative(workspace, real);
    if (stat.size > MAX_BYTES)
      return [{ file: relative, digest: `${stat.size}/${stat.mtimeMs}`, says: '(too large to show)' }];
    const text = readFileSync(real, 'utf8');
    const shown = says?.(text) ?? text;
    return [{ file: relative, digest: createHash('sha256').update(shown).digest('hex'), says: shown }];
  } catch {
    return [];
  }
}

/** `undefined`: nothing is there, or it is no name of a file at all, as of code on a command line. */
function statOf(file: string): object | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
