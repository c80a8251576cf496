import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Language } from './languages.ts';

/** What makes a repository unlike the one of a tutorial. */
export const PROPERTIES = [
  'plain',
  'red-baseline',
  'named-test',
  'no-tests',
  'slow-suite',
  'monorepo',
  'crlf',
  'latin-1',
  'said',
  'venv',
  'many-files',
  'submodule',
  'dirty-tree',
  'no-git',
] as const;
export type Property = (typeof PROPERTIES)[number];

/** Whether there is such a repository of the language. */
export function isPossible(language: Language, property: Property): boolean {
  if (property === 'latin-1') return language.comment !== undefined;
  if (property === 'crlf') return language.mayHaveCrlf;
  return property !== 'venv' || language.name === 'python';
}

export interface Repository {
  readonly folder: string;
  /** The file with the fault, relative. */
  readonly source: string;
  readonly task: string;
  /** What the source must hold when a fault was put so, byte for byte. */
  readonly sourceWith: (put: string) => Buffer;
  /** Whether its tests tell a wrong change. */
  readonly noticesWrong: boolean;
  /** What is wrong in a way that these tests tell. */
  readonly wrong: string;
}

const MANY = 60_000;
/** A letter of latin-1 that is no UTF-8. */
const LETTER = '\u00fc';

/** Builds the repository of a case in an empty folder, with its history. */
export function buildRepository(folder: string, language: Language, property: Property, isSmall: boolean): Repository {
  const part = property === 'monorepo' ? 'packages/calc' : '';
  const files = filesOf(language, property);
  const write = (name: string, bytes: Buffer | string): void => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  };
  for (const [name, text] of files) write(path.join(part, name), text);
  if (part !== '') write('packages/site/README.md', 'No code here.\n');
  const ignored = [...language.ignored, '.venv', 'dist'].map((name) => `${name}/\n`).join('');
  write('.gitignore', ignored);
  write('README.md', '# calc\n\nIt sums.\n');
  if (property === 'said') write('AGENTS.md', `# How to work here\n\n- check: \`${saidCommand(language)}\`\n`);
  if (property === 'venv')
    execFileSync('python3', ['-m', 'venv', '--without-pip', '--system-site-packages', path.join(folder, '.venv')]);
  if (property === 'many-files') writeMany(folder, isSmall ? MANY / 20 : MANY);
  if (property !== 'no-git') commit(folder, property);
  if (property === 'dirty-tree') makeDirty(folder, write);
  const before = Buffer.from(readFileSync(path.join(folder, part, language.source)));
  return {
    folder,
    source: path.join(part, language.source),
    task:
      property === 'named-test'
        ? `The test ${language.named.words} fails. Make it pass.`
        : `In ${path.join(part, language.source)} the sum of two numbers comes out as their difference. It must be their sum.`,
    sourceWith: (put) =>
      Buffer.from(
        before.toString('latin1').replace(language.fault, () => put),
        'latin1',
      ),
    noticesWrong: property !== 'no-tests',
    wrong: property === 'named-test' ? language.idle : language.wrong,
  };
}

function filesOf(language: Language, property: Property): ReadonlyMap<string, Buffer> {
  const texts = new Map(
    Object.entries(language.files).map(([name, text]) => [name, text.replace('{fault}', () => language.fault)]),
  );
  const add = ({ file, text }: { readonly file: string; readonly text: string }): void => void texts.set(file, text);
  if (property === 'red-baseline') add(language.legacy);
  if (property === 'named-test') add(language.named);
  if (property === 'slow-suite') {
    const [file, text] = language.pause;
    add({ file, text: text + (texts.get(file) ?? '') });
  }
  if (property === 'no-tests') for (const name of texts.keys()) if (isTest(name)) texts.delete(name);
  return new Map(
    [...texts].map(([name, text]) => [
      name,
      name === language.source ? sourceBytes(language, property, text) : Buffer.from(text),
    ]),
  );
}

const isTest = (name: string): boolean =>
  /^(?:tests?|t|cases)\/|_test\.\w+$|^(?:test\.\w+|Makefile|Rakefile)$/u.test(name);

function sourceBytes(language: Language, property: Property, text: string): Buffer {
  if (property === 'crlf') return Buffer.from(text.replaceAll('\n', '\r\n'));
  return property === 'latin-1'
    ? Buffer.from(`${text}${language.comment ?? ''} M${LETTER}ller\n`, 'latin1')
    : Buffer.from(text);
}

/** As a person would type it. */
function saidCommand({ name }: Language): string {
  const commands: Readonly<Record<string, string>> = {
    python: 'python3 -m pytest -q tests',
    javascript: 'node --test',
    typescript: 'node --test',
    rust: 'cargo test --no-fail-fast',
    go: 'go test ./...',
    ruby: 'rake test',
    php: 'php test.php',
    shell: 'sh test.sh',
    perl: 'prove -l t',
    cmake: 'd=$(mktemp -d) && cmake -S . -B $d && cmake --build $d && ctest --test-dir $d',
  };
  return commands[name] ?? 'make -k test';
}

/** Thirty names a folder, some deep, half of them where nobody looks. */
function writeMany(folder: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const place = path.join(
      folder,
      index % 2 === 0 ? 'node_modules' : 'data',
      `d${Math.floor(index / 900)}`,
      `e${Math.floor(index / 30)}`,
    );
    if (index % 30 < 2) mkdirSync(place, { recursive: true });
    writeFileSync(path.join(place, `f${index}.txt`), `row ${index}\n`);
  }
}

function git(folder: string, ...args: readonly string[]): void {
  const who = [
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@example.com',
    '-c',
    'advice.addEmbeddedRepo=false',
    '-c',
    'core.autocrlf=false',
  ];
  execFileSync('git', [...who, ...args], {
    cwd: folder,
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null' },
  });
}

function commit(folder: string, property: Property): void {
  if (property === 'submodule') {
    const inner = path.join(folder, 'vendor/lib');
    mkdirSync(inner, { recursive: true });
    writeFileSync(path.join(inner, 'lib.txt'), 'inner\n');
    git(inner, 'init', '-q');
    git(inner, 'add', '.');
    git(inner, 'commit', '-q', '-m', 'Inner');
    writeFileSync(
      path.join(folder, '.gitmodules'),
      '[submodule "vendor/lib"]\n\tpath = vendor/lib\n\turl = ./vendor/lib\n',
    );
  }
  git(folder, 'init', '-q');
  git(folder, 'add', '.');
  git(folder, 'commit', '-q', '-m', 'Begin');
}

/** As its user left it: one file changed, one staged, one not known to git. */
function makeDirty(folder: string, write: (name: string, text: string) => void): void {
  write('staged.txt', 'staged\n');
  git(folder, 'add', 'staged.txt');
  write('staged.txt', 'staged, and changed since\n');
  write('README.md', '# calc\r\n\r\nHalf a sentence and no');
  write('scratch/notes.txt', 'mine\n');
}

/** Every file with its mode and a fingerprint of what it holds, but for what its tools make. */
export function snapshot(folder: string, { ignored }: Language): ReadonlyMap<string, string> {
  const left = new Set(ignored.filter((name) => name !== 'node_modules'));
  const found = new Map<string, string>();
  const walk = (relative: string): void => {
    for (const entry of readdirSync(path.join(folder, relative), { withFileTypes: true })) {
      const name = path.join(relative, entry.name);
      if (left.has(entry.name)) continue;
      if (entry.isDirectory()) walk(name);
      else found.set(name, stateOf(path.join(folder, name)));
    }
  };
  walk('');
  return found;
}

function stateOf(file: string): string {
  const stat = lstatSync(file);
  const bytes = stat.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
  return `${stat.mode.toString(8)} ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Names that are not in both as they are in one. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort();
}
