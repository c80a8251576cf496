import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';

/** A longer text is no name of a file; its words may be. */
const MAX_PATH = 4096;
const MAX_DEPTH = 64;
/** Keys whose text a shell or another interpreter runs, whatever its length and its lines. */
const RUNS = /^(?:command|commands|cmd|script|shell|bash|sh|exec|run|code|args|argv|stdin)$/iu;

/** Lines by which patches name the files that they change. */
const PATCH_LINES: readonly RegExp[] = [
  /^\*{3} (?:Add|Update|Delete|Move)(?: File| to)?: ?(.+)$/u,
  /^(?:\+\+\+|---) (?:[ab]\/)?([^\t]+)/u,
  /^(?:rename|copy) (?:from|to) (.+)$/u,
  /^diff --git (?:a\/)?(.+?) (?:b\/)?(.+)$/u,
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
  if (typeof value === 'string') for (const name of isRun ? namesInCode(value) : namesIn(value)) found.add(name);
  if (value === null || typeof value !== 'object') return;
  if (depth > MAX_DEPTH) throw new PointsmanError('request-invalid', 'The arguments are nested too deep.');
  if (isList(value)) for (const inner of value) collect(inner, found, { depth: depth + 1, isRun });
  else {
    for (const [key, inner] of Object.entries(value)) {
      for (const name of namesIn(key)) found.add(name);
      collect(inner, found, { depth: depth + 1, isRun: isRun || RUNS.test(key) });
    }
  }
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

/** A line that is nothing but a path, as in a list of files given as text. */
function linePath(line: string): readonly string[] {
  const trimmed = line.trim();
  return /^[^\s]{1,4096}$/u.test(trimmed) ? spellings(trimmed) : [];
}

function patchNames(line: string): readonly string[] {
  return PATCH_LINES.flatMap((shape) => (shape.exec(line) ?? []).slice(1)).flatMap((name) => spellings(name.trim()));
}

/** As written, and as a program would read it that takes addresses or percent signs. */
function spellings(text: string): readonly string[] {
  const plain = text.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/iu, '');
  return [text, plain, decoded(plain)].filter((name, index, all) => all.indexOf(name) === index);
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%([\da-f]{2})/giu, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  }
}
