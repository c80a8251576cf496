import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';

/** Past these a text is no name of a file; lines of a patch are looked at one by one. */
const MAX_PATH = 4096;
const MAX_LINES = 20_000;
const MAX_DEPTH = 64;

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
  collect(input, found, 0);
  return [...found];
}

function collect(value: JsonValue, found: Set<string>, depth: number): void {
  if (typeof value === 'string') for (const name of namesIn(value)) found.add(name);
  if (value === null || typeof value !== 'object') return;
  if (depth > MAX_DEPTH) throw new PointsmanError('request-invalid', 'The arguments are nested too deep.');
  if (isList(value)) for (const inner of value) collect(inner, found, depth + 1);
  else {
    for (const [key, inner] of Object.entries(value)) {
      for (const name of namesIn(key)) found.add(name);
      collect(inner, found, depth + 1);
    }
  }
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function namesIn(text: string): readonly string[] {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/u, MAX_LINES);
  if (lines.length > 1) return lines.flatMap((line) => [...patchNames(line), ...linePath(line)]);
  if (text.length > MAX_PATH) return [];
  // In prose a word without a dot or a slash is no path; in what looks like a command it may be.
  const isCommand = /["'`;&|<>$]/u.test(text);
  const words = text.split(/[\s"'`=;|&<>(),{}[\]]+/u).filter((word) => isCommand || /[./\\~%]/u.test(word));
  return [...new Set([text, ...words])].flatMap(spellings).filter((name) => name !== '');
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
