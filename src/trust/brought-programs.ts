import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
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

/** What servers write and read as they work: a yes that ended with every row of a database would be asked for without end. */
const DATA =
  /\.(?:db|db3|sqlite3?|duckdb|log|csv|tsv|jsonl|ndjson|parquet|txt|md|pdf|png|jpe?g|gif|svg|webp|wav|mp[34])$/iu;
const SHELL = /^(?:(?:ba|da|k|z|fi|)sh|cmd|powershell|pwsh)(?:\.exe)?$/iu;

/** What a server starts, in what way ever its command line names it; data is none, but where a program would stand. */
function namesIn(folder: string, { command, args, cwd }: Readonly<Record<string, unknown>>): readonly string[] {
  const written = [command, ...[args].flat()].filter((one): one is string => typeof one === 'string');
  const script = written.slice(1).find((word) => !word.startsWith('-'));
  const isShell = SHELL.test(path.basename(written[0] ?? ''));
  const words = written.flatMap((word) => {
    const [whole = '', ...parts] = wordsOf(word);
    const isProgram = word === written[0] || word === script || !DATA.test(whole);
    // Code of another language names what it writes as well as what it runs: of that, what looks like a program.
    return [
      ...(isProgram ? [whole] : []),
      ...parts.filter((part) => isShell || path.extname(part) !== '').filter((part) => !DATA.test(part)),
    ];
  });
  const from = [folder, ...(typeof cwd === 'string' ? [path.resolve(folder, cwd)] : [])];
  const programs = words.map((word) => path.basename(word));
  const beside = BESIDE.flatMap(([shape, names]) => (programs.some((program) => shape.test(program)) ? names : []));
  const named = words.flatMap((word) => [
    word,
    path.join('node_modules', '.bin', word),
    `${word.replaceAll('.', '/')}.py`,
    path.join(word.replaceAll('.', '/'), '__main__.py'),
  ]);
  return from.flatMap((base) => [...named, ...beside].map((name) => path.resolve(base, name)));
}

/** As a shell would part them, with what stands for a variable that is not set. */
function wordsOf(text: string): readonly string[] {
  const filled = text
    .replaceAll(/\$\{[^}:]*:-([^}]*)\}/gu, '$1')
    .replaceAll(/\$\{?(?:PWD|CLAUDE_PROJECT_DIR|workspaceFolder)\}?/gu, '.');
  return [filled, ...filled.split(/[\s"'`=;&|<>(),]+/u)].filter((word) => word !== '' && !word.includes('\0'));
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
