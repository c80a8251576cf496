import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { isInside } from './confine-path.ts';

/** A file of the workspace that decides what a command does, and what of it a person is shown. */
export interface CommandScript {
  /** Relative to the workspace. */
  readonly file: string;
  /** Of the whole file. */
  readonly digest: string;
  readonly says: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Absolute, inside the workspace. */
  readonly cwd: string;
}

const MAX_BYTES = 4 * 1024 * 1024;
const INTERPRETERS: ReadonlySet<string> = new Set(
  'node deno bun python python3 ruby perl php tsx ts-node Rscript lua'.split(' '),
);
const PACKAGE_RUNNERS: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun']);
const RUN_WORDS: ReadonlySet<string> = new Set(['run', 'run-script', 'rum', 'urn']);
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

/**
 * The scripts of the workspace that a command runs, as far as its words tell: of a package runner the scripts of that name
 * and the settings that say which shell reads them, of an interpreter its file, of `make` its makefile, of `npx` the
 * program. What these call in turn is not followed.
 * @param workspace a real path
 */
export function scriptsOf(command: Command, workspace: string): readonly CommandScript[] {
  const { program, args, cwd } = command;
  const plain = args.filter((argument) => !argument.startsWith('-'));
  const read = (file: string, says?: (text: string) => string): readonly CommandScript[] => {
    const script = readScript(workspace, path.resolve(cwd, file), says);
    return script === undefined ? [] : [script];
  };
  if (PACKAGE_RUNNERS.has(program) && packageScript(plain) !== undefined) {
    const names = namesOfScript(packageScript(plain) ?? '');
    const folder = nearest(workspace, cwd, 'package.json');
    const settings = nearest(workspace, cwd, '.npmrc');
    return [
      ...(folder === undefined ? [] : read(path.join(folder, 'package.json'), (text) => scriptLines(text, names))),
      ...(settings === undefined ? [] : read(path.join(settings, '.npmrc'))),
    ];
  }
  if (program === 'npx' && plain[0] !== undefined) {
    const folder = nearest(workspace, cwd, path.join('node_modules', '.bin', path.basename(plain[0])));
    return folder === undefined ? [] : read(path.join(folder, 'node_modules', '.bin', path.basename(plain[0])));
  }
  if (program === 'make') {
    const file = MAKEFILES.find((name) => statOf(path.join(cwd, name)) !== undefined);
    return file === undefined ? [] : read(file);
  }
  return INTERPRETERS.has(program) && plain[0] !== undefined ? read(plain[0]) : [];
}

/** `npm test`, `npm t`, `npm run lint`, `npm start`; `undefined` for what runs no script of a package. */
function packageScript(words: readonly string[]): string | undefined {
  const [first = '', second] = words;
  if (RUN_WORDS.has(first)) return second;
  if (['t', 'tst', 'test'].includes(first)) return 'test';
  return ['start', 'stop', 'restart'].includes(first) ? first : undefined;
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
  for (let folder = from; isInside(workspace, folder); folder = path.dirname(folder)) {
    if (statOf(path.join(folder, name)) !== undefined) return folder;
    if (folder === path.dirname(folder)) break;
  }
  return undefined;
}

/**
 * Of a manifest only what is shown is bound, since the rest of it changes nothing that runs here; of any other file all.
 * A file outside the workspace is the user's own.
 */
function readScript(workspace: string, file: string, says?: (text: string) => string): CommandScript | undefined {
  try {
    const real = realpathSync(file);
    const stat = statSync(real);
    if (!isInside(workspace, real) || !stat.isFile()) return undefined;
    const relative = path.relative(workspace, real);
    if (stat.size > MAX_BYTES)
      return { file: relative, digest: `${stat.size}/${stat.mtimeMs}`, says: '(too large to show)' };
    const text = readFileSync(real, 'utf8');
    const shown = says?.(text) ?? text;
    return { file: relative, digest: createHash('sha256').update(shown).digest('hex'), says: shown };
  } catch {
    return undefined;
  }
}

function statOf(file: string): object | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
