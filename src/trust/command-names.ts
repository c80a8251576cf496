import path from 'node:path';

/** A word of what starts a server that may name a file. */
interface CommandName {
  readonly word: string;
  /** A runtime may take it for a file whose ending is left out, or for a folder that says where to begin. */
  readonly isCompleted: boolean;
}

/**
 * What servers write as they work, in formats that are no language: a yes that ended with every row of a database would be
 * asked for without end. What holds words (`.txt`, `.md`) is not among them: interpreters run it, and models obey it.
 */
const DATA = /\.(?:db|db3|sqlite3?|duckdb|log|csv|tsv|jsonl|ndjson|parquet|pdf|png|jpe?g|gif|svg|webp|wav|mp[34])$/iu;
const SHELL = /^(?:(?:ba|da|k|z|fi|)sh|cmd|powershell|pwsh)(?:\.exe)?$/iu;
/** They run a file, whatever its name, as shells do. */
const INTERPRETER =
  /^(?:node|nodejs|bun|deno|tsx|ts-node|python[\d.]*|pypy[\d.]*|ruby|perl|php|lua|Rscript|java)(?:\.exe)?$/iu;
/** What stands behind one of these is run beside the program. */
const LOADS =
  /^(?:-r|--require|--import|--(?:experimental-)?loader|--preload|--env-file(?:-if-exists)?|--(?:init|rc)-?file)$/u;
const LOADING_VARIABLE = /(?:_OPTIONS|_OPTS|OPT|PRELOAD|STARTUP|_LIBRARIES|^(?:BASH_)?ENV)$/iu;
/** What stands before a name of data in a shell's words where it is written or told, not run. */
const WRITES =
  /(?:>|(?:^|\s)--(?!require|import|loader|experimental-loader|preload|env-file|init|rc)[\w-]+=)\s*["']?$/u;
/** What stands before one in code of another language where it is run, or may be. */
const RUNS = /(?:require|import|loader|env-file|from|source|load\w*|exec\w*|spawn\w*|run\w*|read\w*|open)[\s("'`=]*$/iu;
const BEFORE_LENGTH = 40;
/** As a shell would part them. */
const PART = /[^\s"'`=:;&|<>(),]+/gu;

/**
 * Every word in what starts a server that may name a program, or what says what that does, in what way ever it is written;
 * data is none, but where a program would stand.
 * @param isThere whether a word names something, as a runtime would complete it
 */
export function commandNames(
  { command, args, env }: Readonly<Record<string, unknown>>,
  isThere: (word: string) => boolean,
): readonly CommandName[] {
  const written = [command, ...[args].flat()].flatMap((one) =>
    typeof one === 'string' ? optionParts(filled(one)) : [],
  );
  const interpreter = written.findIndex((word) => isOf(word, INTERPRETER) || isOf(word, SHELL));
  const program = programIndex(written, interpreter, isThere);
  const isShell = written.some((word) => isOf(word, SHELL));
  const words = written.flatMap((word, index) => {
    const isArgument = index > program && !LOADS.test(written[index - 1] ?? '');
    const isCompleted = interpreter !== -1 && !isArgument;
    const inside = namesInside(word, isShell).filter((part) => part !== word);
    return [...(isArgument && DATA.test(word) ? [] : [word]), ...inside].map((one) => ({ word: one, isCompleted }));
  });
  // What stands in one of these is loaded, whatever its ending.
  const loading = Object.entries(env ?? {}).flatMap(([name, value]) =>
    LOADING_VARIABLE.test(name) && typeof value === 'string' ? (filled(value).match(PART) ?? []) : [],
  );
  const names = [...words, ...loading.map((word) => ({ word, isCompleted: true }))];
  return names.filter(({ word }) => word !== '' && !word.includes('\0'));
}

/** Of the words of an interpreter's own command line its program, and what it loads or may load before. */
export function interpretedNames(words: readonly string[], isThere: (word: string) => boolean): readonly string[] {
  const written = ['', ...words.flatMap(optionParts)];
  const program = programIndex(written, 0, isThere);
  return written.filter((_word, index) => index > 0 && (index <= program || LOADS.test(written[index - 1] ?? '')));
}

/** Where a module lies that is named by its name. */
export function modulesOf(word: string): readonly string[] {
  const dotted = word.replaceAll('.', '/');
  return [`${dotted}.py`, path.join(dotted, '__main__.py')];
}

/** What a runtime takes for a file whose ending is left out, or for the beginning of a folder. */
export function completionsOf(word: string): readonly string[] {
  return [`${word}.js`, `${word}.ts`, ...['index.js', 'index.ts', '__main__.py'].map((name) => path.join(word, name))];
}

/** With what stands for a variable that is not set, and for the folder. */
export function filled(text: string): string {
  return text
    .replaceAll(/\$\{[^}:]*:-([^}]*)\}/gu, '$1')
    .replaceAll(/\$\{?(?:PWD|CLAUDE_PROJECT_DIR|workspaceFolder)\}?/gu, '.');
}

/** `--name=value` as `--name value`. */
function optionParts(word: string): readonly string[] {
  return /^(--?[\w-]+)=(.*)$/su.exec(word)?.slice(1) ?? [word];
}

/** Behind it stands what the program is told. What an interpreter runs is there: its options may have values that are not. */
function programIndex(written: readonly string[], interpreter: number, isThere: (word: string) => boolean): number {
  const found = written.findIndex((word, index) => {
    const before = written[index - 1] ?? '';
    if (index <= Math.max(0, interpreter) || /^(?:-|$)/u.test(word) || LOADS.test(before)) return false;
    return interpreter === -1 || before === '-m' || isThere(word);
  });
  return found === -1 ? written.length : found;
}

function isOf(word: string, names: RegExp): boolean {
  return names.test(path.basename(word));
}

/** Parted as a shell would. Code of another language names much that is no file: of that, what looks like one. */
function namesInside(text: string, isShell: boolean): readonly string[] {
  return [...text.matchAll(PART)].flatMap(({ 0: part, index }) => {
    const before = text.slice(Math.max(0, index - BEFORE_LENGTH), index);
    if (DATA.test(part)) return (isShell ? WRITES.test(before) : !RUNS.test(before)) ? [] : [part];
    return isShell || path.extname(part) !== '' || /[\\/]/u.test(part) ? [part] : [];
  });
}
