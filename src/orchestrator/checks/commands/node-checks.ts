import path from 'node:path';
import { check, type CheckCommand, type Folder } from './check-command.ts';

/** What npm writes into a new package: not a test. */
const NO_TEST = /no test specified/u;
/** A script that looks and changes at once: what it changes would be nobody's, and no undo would take it back. */
const CHANGES = /(?:^|\s)--(?:fix|write|apply)(?=[\s=;&|]|$)|[:_]fix\b/u;
/** A build that stays at work, or that gives away what it made. */
const STAYS = /(?:^|\s)(?:--watch|-w|watch|serve|dev|deploy|publish|release|push)(?=[\s=;&|]|$)/u;
const WATCHES = /(?:^|\s)--(?:watch|watchAll|ui)(?=[\s;&|]|$)/u;
const TEST_FILE = /\.(?:test|spec)\.[cm]?[jt]s$/u;

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly packages: ReadonlySet<string>;
}

/** The scripts of package.json by the package manager of its lock file; else the runner that is installed; Deno and Bun. */
export function nodeChecks(folder: Folder): readonly CheckCommand[] {
  if (folder.names.has('deno.json') || folder.names.has('deno.jsonc'))
    return [check(folder, 'tests', [['deno', 'test', '--allow-all']])];
  const manifest = readManifest(folder.read('package.json'));
  if (manifest === undefined) return [];
  const pathFirst = nodeFolders(folder);
  const of = (role: CheckCommand['role'], ...commands: readonly (readonly string[])[]): readonly CheckCommand[] =>
    commands.length === 0 ? [] : [check(folder, role, commands, pathFirst)];
  const { scripts } = manifest;
  const script = testScriptOf(scripts);
  const test = script === undefined ? runnerWithoutScript(folder, manifest) : scriptBy(folder, script);
  return [
    ...of('tests', ...test),
    ...of('types', ...typesOf(folder, manifest)),
    ...of('lint', ...(looksAlone(scripts['lint'], CHANGES) ? scriptBy(folder, 'lint') : [])),
    ...of('build', ...(looksAlone(scripts['build'], CHANGES, STAYS) ? scriptBy(folder, 'build') : [])),
  ];
}

/** `test`, or one part of it where there is no whole; none that waits for files to change. */
function testScriptOf(scripts: Manifest['scripts']): string | undefined {
  const named = [
    'test',
    ...Object.keys(scripts).filter((name) => /^test[:-](?:unit|ci|all|run|node|once)$/u.test(name)),
  ];
  return named.find((name) => looksAlone(scripts[name], NO_TEST, WATCHES));
}

/** A script that says something, and nothing of what it must not. */
function looksAlone(script: string | undefined, ...mustNot: readonly RegExp[]): boolean {
  return script !== undefined && script.trim() !== '' && !mustNot.some((pattern) => pattern.test(script));
}

function typesOf(folder: Folder, manifest: Manifest): readonly (readonly string[])[] {
  const { typecheck } = manifest.scripts;
  if (typecheck === undefined) return compiler(folder, manifest);
  return withoutFiles(folder, typecheck) ?? scriptBy(folder, 'typecheck');
}

function readManifest(text: string | undefined): Manifest | undefined {
  if (text === undefined) return undefined;
  try {
    const read = JSON.parse(text.replace(/^\uFEFF/u, '')) as Record<string, unknown> | null;
    const strings = (value: unknown): Record<string, string> =>
      Object.fromEntries(
        Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      );
    const packages = [read?.['dependencies'], read?.['devDependencies']].flatMap((value) =>
      Object.keys(strings(value)),
    );
    return { scripts: strings(read?.['scripts']), packages: new Set(packages) };
  } catch {
    return undefined;
  }
}

/** npm runs any script, and is there where another manager is not. */
function scriptBy(folder: Folder, script: string): readonly (readonly string[])[] {
  const npm = script === 'test' ? ['npm', 'test', '--silent'] : ['npm', 'run', '--silent', script];
  const manager = managerOf(folder);
  return manager === undefined ? [npm] : [[manager, 'run', script], npm];
}

function managerOf(folder: Folder): string | undefined {
  const has = (name: string): boolean => folder.names.has(name) || folder.list(folder.root).includes(name);
  if (has('package-lock.json')) return undefined;
  if (has('pnpm-lock.yaml')) return 'pnpm';
  if (has('yarn.lock')) return 'yarn';
  return has('bun.lock') || has('bun.lockb') ? 'bun' : undefined;
}

const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  vitest: ['vitest', 'run'],
  jest: ['jest'],
  mocha: ['mocha'],
  ava: ['ava'],
};

function runnerWithoutScript(folder: Folder, { packages }: Manifest): readonly (readonly string[])[] {
  const runner = Object.keys(RUNNERS).find((name) => packages.has(name));
  if (runner !== undefined) return [['npx', '--no', '--', ...(RUNNERS[runner] ?? [])]];
  const hasTests = ['.', 'test', 'tests', 'src'].some((name) => folder.list(name).some((file) => TEST_FILE.test(file)));
  return hasTests ? [['node', '--test']] : [];
}

function compiler(folder: Folder, { packages }: Manifest): readonly (readonly string[])[] {
  const isThere = folder.list('node_modules/.bin').includes('tsc') || packages.has('typescript');
  return folder.names.has('tsconfig.json') && isThere ? [['npx', '--no', '--', 'tsc', '--noEmit']] : [];
}

/** A compiler by itself, whatever its options; nothing that a shell would read. */
const COMPILES = /^(?:npx\s+)?((?:vue-)?tsc)((?:\s+[\w./@=-]+)*)\s*$/u;

/** A check of types that would write what it compiled, with its compiler told not to. */
function withoutFiles(folder: Folder, script: string): readonly (readonly string[])[] | undefined {
  const [, compiler, rest = ''] = COMPILES.exec(script.trim()) ?? [];
  const words = rest.split(/\s+/u).filter((word) => word !== '');
  const emits = !/"noEmit"\s*:\s*true/u.test(folder.read('tsconfig.json') ?? '') && !words.includes('--noEmit');
  return compiler !== undefined && emits ? [['npx', '--no', '--', compiler, ...words, '--noEmit']] : undefined;
}

/** Where version managers keep the Node that the project names; none where it names none, or that one is not installed. */
function nodeFolders(folder: Folder): readonly string[] {
  const texts = ['.nvmrc', '.node-version', path.relative(folder.relative, '.nvmrc')].map((name) => folder.read(name));
  const tools = /^nodejs\s+(\S+)/mu.exec(folder.read('.tool-versions') ?? '')?.[1];
  const named = (texts.find((text) => text !== undefined) ?? tools)?.trim().replace(/^v/u, '');
  if (named === undefined || folder.home === undefined || !/^\d+(?:\.\d+){0,2}$/u.test(named)) return [];
  return MANAGERS.flatMap(([versions, inner]) => {
    const base = path.join(folder.home ?? '', versions);
    const fitting = folder.list(base).filter((name) => `${name.replace(/^v/u, '')}.`.startsWith(`${named}.`));
    const newest = fitting.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    return newest === undefined ? [] : [path.join(base, newest, inner)];
  });
}

const MANAGERS: readonly (readonly [versions: string, inner: string])[] = [
  ['.nvm/versions/node', 'bin'],
  ['.local/share/fnm/node-versions', 'installation/bin'],
  ['.asdf/installs/nodejs', 'bin'],
  ['.local/share/mise/installs/node', 'bin'],
  ['.volta/tools/image/node', 'bin'],
];
