/** An object as somebody wrote it. */
interface WrittenObject {
  /** `undefined`: there is none. */
  readonly value: object | undefined;
  /** Behind its closing brace, or how far was looked. */
  readonly end: number;
}

/** Quotes that open a string, and what closes it. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '“': '”', '‘': '’' };
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '/': '/', '\\': '\\' };
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['null', null],
  ['None', null],
  ['undefined', null],
]);

const BLANK = /(?:\s|\/\/[^\n]{0,2000}|\/\*[^]{0,2000}?\*\/|#[^\n]{0,2000})*/uy;
const WORD = /[A-Za-z_$][\w$]*/uy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
/** What may stand behind the end of a string; a quote before anything else is one of its letters. */
const BEHIND = /\s*(?:[,:}\]]|\/[/*]|#)/uy;

/** No contract is as deep; what is deeper is read where it is strict JSON, or not at all. */
const MAX_DEPTH = 50;

/**
 * The object that begins at a brace, as models write it where they do not write JSON: with quotes of other kinds, names without
 * any, words of Python, remarks, line breaks and quotes inside of strings, a comma behind the last. One that is cut is none. Pure.
 */
export function readWrittenObject(text: string, start: number): WrittenObject {
  const reader = { text, at: start };
  try {
    return { value: readObject(reader, 0), end: reader.at };
  } catch (thrown) {
    if (thrown instanceof NotWritten) return { value: undefined, end: reader.at };
    throw thrown;
  }
}

class NotWritten extends Error {}

interface Reader {
  readonly text: string;
  at: number;
}

function readObject(reader: Reader, depth: number): object {
  const rows: (readonly [string, unknown])[] = [];
  readEntries(reader, '}', () => {
    const name = readString(reader) ?? matched(reader, WORD);
    if (name === undefined || !took(reader, ':')) throw new NotWritten();
    rows.push([name, readValue(reader, depth + 1)]);
  });
  return Object.fromEntries(rows);
}

function readValue(reader: Reader, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new NotWritten();
  matched(reader, BLANK);
  const char = reader.text[reader.at];
  if (char === '{') return readObject(reader, depth);
  if (char === '[') {
    const list: unknown[] = [];
    readEntries(reader, ']', () => list.push(readValue(reader, depth + 1)));
    return list;
  }
  const string = readString(reader);
  if (string !== undefined) return string;
  const number = matched(reader, NUMBER);
  if (number !== undefined) return Number(number);
  const word = matched(reader, WORD);
  if (word === undefined || !WORDS.has(word)) throw new NotWritten();
  return WORDS.get(word);
}

/** What stands between a bracket and the one that closes it, with commas between. */
function readEntries(reader: Reader, close: string, readEntry: () => void): void {
  reader.at += 1;
  while (!took(reader, close)) {
    readEntry();
    if (took(reader, ',')) continue;
    if (!took(reader, close)) throw new NotWritten();
    return;
  }
}

/** The next character behind blanks and remarks, where it is this one. */
function took(reader: Reader, char: string): boolean {
  matched(reader, BLANK);
  if (reader.text[reader.at] !== char) return false;
  reader.at += 1;
  return true;
}

function matched(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}

function readString(reader: Reader): string | undefined {
  const { text } = reader;
  const close = QUOTES[text[reader.at] ?? ''];
  if (close === undefined) return undefined;
  let value = '';
  for (let at = reader.at + 1; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\') {
      const { letters, length } = escaped(text, at + 1);
      value += letters;
      at += length;
    } else if (char === close && endsHere(text, at + 1)) {
      reader.at = at + 1;
      return value;
    } else value += char;
  }
  reader.at = text.length;
  throw new NotWritten();
}

function endsHere(text: string, behind: number): boolean {
  BEHIND.lastIndex = behind;
  return BEHIND.test(text);
}

/** An escape that JSON does not know is no escape: `\d` and `C:\dir` are meant as they stand. */
function escaped(text: string, at: number): { readonly letters: string; readonly length: number } {
  const char = text[at] ?? '';
  const code = char === 'u' ? /^[\da-f]{4}/iu.exec(text.slice(at + 1, at + 5))?.[0] : undefined;
  if (code !== undefined) return { letters: String.fromCodePoint(Number.parseInt(code, 16)), length: 5 };
  const letters = ESCAPED[char] ?? (char in QUOTES ? char : `\\${char}`);
  return { letters, length: 1 };
}
