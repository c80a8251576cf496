import { readWrittenObject } from './lenient-json.ts';

/** Looked at in all, some of them many times where braces do not close: more would take long. */
const MAX_LOOKED_CHARS = 50_000_000;
/** What begins like an object whose first name is quoted in any way, or not at all. */
const LIKE_OBJECT = /\{(?:\s|\/\/[^\n]{0,2000}\n|\/\*[^]{0,2000}?\*\/|#[^\n]{0,2000}\n)*["'`“‘A-Za-z_$]/uy;
/** An object inside of a string, as it stands there. */
const ESCAPED_OBJECT = /\{(?:\s|\\[nrt])*\\+"/u;
/** A string inside of a string inside of a string is nobody's answer. */
const MAX_ESCAPES = 3;

/**
 * The objects in the words of a model, in order: in fenced blocks, bare, between or after prose, which may hold braces of its
 * own; as JSON, as what is nearly JSON, and, first, where the whole was escaped as a string is. Total, pure.
 */
export function jsonObjectsIn(text: string): readonly object[] {
  const texts = [text];
  for (let last = text; texts.length <= MAX_ESCAPES && ESCAPED_OBJECT.test(last);) {
    last = unescaped(last);
    texts.unshift(last);
  }
  return texts.flatMap(objectsIn);
}

const ESCAPE = /\\(["\\/bfnrt])/gu;
const MEANT: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescaped(text: string): string {
  return text.replaceAll(ESCAPE, (_all, char: string) => MEANT[char] ?? char);
}

function objectsIn(text: string): readonly object[] {
  const found: object[] = [];
  let lookedChars = 0;
  for (let at = text.indexOf('{'); at !== -1 && lookedChars < MAX_LOOKED_CHARS;) {
    const end = endOfObject(text, at);
    lookedChars += (end ?? text.length) - at;
    const strict = end === undefined ? undefined : parsed(text.slice(at, end));
    const read = strict === undefined || end === undefined ? writtenAt(text, at) : { value: strict, end };
    if (read.value !== undefined) found.push(read.value);
    lookedChars += read.end - at;
    at = text.indexOf('{', read.value === undefined ? at + 1 : read.end);
  }
  return found;
}

function writtenAt(text: string, at: number): ReturnType<typeof readWrittenObject> {
  LIKE_OBJECT.lastIndex = at;
  return LIKE_OBJECT.test(text) ? readWrittenObject(text, at) : { value: undefined, end: at };
}

/** Behind the brace that closes the one at a place; `undefined`: none does. Braces inside of strings do not count. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (isString) {
      if (char === '\\') at += 1;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === '{') depth += 1;
    else if (char === '}' && (depth -= 1) === 0) return at + 1;
  }
  return undefined;
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
