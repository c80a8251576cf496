import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';

/** A longer text is no name of a file; its words may be. */
const MAX_PATH = 4096;
const MAX_DEPTH = 64;
/** A word in a key whose text a shell or another interpreter runs, whatever its length and its lines. */
const RUNS =
  /^(?:commands?(?:line)?|cmd(?:line)?|scripts?|shell|bash|zsh|sh|powershell|exec|execute|run|eval|code|program|args?|argv|arguments|stdin|sql)$/iu;

/** Lines by which patches name the files that they change. */
const PATCH_LINES: readonly RegExp[] = [
  /^\*{3} (?:Add|Update|Delete|Move)(?: File| to)?: ?(.+)$/u,
  /^(?:\+\+\+|---) (?:[ab]\/)?([^\t]+)/u,
  /^(?:rename|copy) (?:from|to) (.+)$/u,
  /^diff --git (?:a\/)?(.+?) (?:b\/)?(.+)$/u,
  /^Index: (.+)$/u,
];

/**
 * Everything in a tool's arguments that could be read as the name of a file, at any depth, in values and in keys: whole
 * texts of one line, their words as a shell would part them, `file:` addresses, and the files that a patch names. It errs
 * on the side of too much: nothing is decided by a name alone but whether to ask.
 * @throws PointsmanError `request-invalid` for arguments that nobody could be shown
 */
export function pathValues(input: JsonObject): readonly string[] {
  const found = new Set<string>();
  collect(input, found, { depth: 0, isRun: false });
  return [...found];
}

interface PlaceInValue {
  readonly depth: number;
  /** It is run, by the key that it stands under. */
  readonly isRun: boolean;
}

function collect(value: JsonValue, found: Set<string>, at: PlaceInValue): void {
  const { depth, isRun } = at;
  if (depth > MAX_DEPTH) throw new PointsmanError('request-invalid', 'The arguments are nested too deep.');
  if (typeof value === 'string') collectText(value, found, at);
  else if (isList(value)) for (const inner of value) collect(inner, found, { depth: depth + 1, isRun });
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      for (const name of namesIn(key)) found.add(name);
      collect(inner, found, { depth: depth + 1, isRun: isRun || isRunKey(key) });
    }
  }
}

function collectText(text: string, found: Set<string>, { depth, isRun }: PlaceInValue): void {
  for (const name of isRun ? namesInCode(text) : namesIn(text)) found.add(name);
  const inner = nestedJson(text);
  if (inner !== undefined) collect(inner, found, { depth: depth + 1, isRun });
}

/** Arguments that stand as JSON inside an argument: its escapes would hide a name. */
function nestedJson(text: string): JsonValue | undefined {
  if (!/^\s*[[{]/u.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** `command`, `shellCommand`, `bash_script` */
function isRunKey(key: string): boolean {
  return key
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/gu, ' ')
    .split(/[^\p{L}\d]+/u)
    .some((word) => RUNS.test(word));
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const LINE_END = /\r\n|[\n\r\u2028\u2029]/u;

function namesIn(text: string): readonly string[] {
  const lines = text.split(LINE_END);
  if (lines.length > 1) return lines.flatMap((line) => [...patchNames(line), ...linePath(line)]);
  // In prose a word without a dot or a slash is no path; in what looks like a command it may be.
  const isCommand = /["'`;&|<>$]/u.test(text);
  return namesAmong([text, ...wordsOf(text).filter((word) => isCommand || /[./\\~%]/u.test(word))]);
}

/** Every line of what is run, word by word; a line that goes on in the next is one. */
function namesInCode(text: string): readonly string[] {
  const lines = text.replaceAll(/\\\r?\n/gu, '').split(LINE_END);
  return namesAmong(lines.flatMap((line) => [line, ...wordsOf(line)]));
}

function wordsOf(line: string): readonly string[] {
  return line.split(/[\s"'`=;|&<>(),{}[\]]+/u);
}

function namesAmong(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== '' && text.length <= MAX_PATH).flatMap(spellings);
}

/** A line that is nothing but a path, or a list's entry or a field that is one: files given as text. */
function linePath(line: string): readonly string[] {
  const bare = line.replaceAll(/^[\s[{(]*(?:[-*+] )?\s*|[\s,;\])}]+$/gu, '');
  const entry = /^(?:["']?[\w-]+["']?: +)?(["'`]?)(\S{1,4096})\1$/u.exec(bare)?.[2];
  return entry === undefined ? [] : spellings(entry);
}

function patchNames(line: string): readonly string[] {
  return PATCH_LINES.flatMap((shape) => (shape.exec(line) ?? []).slice(1)).flatMap((name) => spellings(name.trim()));
}

/**
 * As written, and as a program would read it that takes addresses, percent signs, a host or a key before a colon, a file
 * after an `@`, or a value that stands right behind its option.
 */
function spellings(text: string): readonly string[] {
  const plain = text.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/iu, '');
  const read = decoded(plain);
  const behind = [/^-[a-z\d](.+)$/iu, /^[^@]*@(.+)$/u].flatMap((shape) => shape.exec(read)?.slice(1) ?? []);
  const parts = read.split(':').slice(1);
  return [...new Set([text, plain, read, ...behind, ...parts])].filter((name) => name !== '');
}

/** Once more for each time that its percent signs were themselves written so. */
function decoded(text: string, timesLeft = 4): string {
  const read = text.includes('%') ? decodedOnce(text) : text;
  return read === text || timesLeft === 0 ? read : decoded(read, timesLeft - 1);
}

function decodedOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%([\da-f]{2})/giu, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  }
}
