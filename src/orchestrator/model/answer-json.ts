/** Looked at in all, some of them many times where braces do not close: more would take long. */
const MAX_LOOKED_CHARS = 50_000_000;

/**
 * The JSON objects in the words of a model, in order: in fenced blocks, bare, between or after prose, which may hold braces of
 * its own. Total, pure.
 */
export function jsonObjectsIn(text: string): readonly object[] {
  const found: object[] = [];
  let lookedChars = 0;
  for (let at = text.indexOf('{'); at !== -1 && lookedChars < MAX_LOOKED_CHARS;) {
    const end = endOfObject(text, at);
    lookedChars += (end ?? text.length) - at;
    const value = end === undefined ? undefined : parseObject(text.slice(at, end));
    if (value !== undefined) found.push(value);
    at = text.indexOf('{', value === undefined || end === undefined ? at + 1 : end);
  }
  return found;
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

function parseObject(text: string): object | undefined {
  return parsed(text) ?? (LIKE_JSON.test(text) ? parsed(asStrict(text)) : undefined);
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const LIKE_JSON = /^\{\s*["/]/u;
const STRING_REMARK_COMMA =
  /("(?:[^"\\]|\\[^])*")|\/\/[^\n]*|\/\*[^]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*[\]}])/gu;
const RAW: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };

/** JSON as it is often written: with line breaks in its strings, remarks between, and a comma behind the last of a list. */
function asStrict(text: string): string {
  return text.replaceAll(STRING_REMARK_COMMA, (_all, inside?: string) =>
    inside === undefined ? '' : inside.replaceAll(/[\n\r\t]/gu, (char) => RAW[char] ?? char),
  );
}

/** Keys whose values are lists in every contract. */
const LISTS: ReadonlySet<string> = new Set(
  'decisions openQuestions changedFiles addedTests followUps findings steps insert drop inputs requiredTools dependsOn'.split(
    ' ',
  ),
);
/** Of words, which are cut: what more of them would say is seen from the files. Steps and findings are not. */
const WORDS_LIMIT = 50;
const UNCUT: ReadonlySet<string> = new Set(['steps', 'insert', 'findings']);

/** Of one of them. */
const WORD_CHARS = 4000;
/** What an entry that is more than a word calls what it is about. */
const ABOUT = ['path', 'file', 'name', 'id', 'text'] as const;

function asWord(entry: unknown): unknown {
  if (typeof entry === 'string') return entry.slice(0, WORD_CHARS);
  if (typeof entry !== 'object' || entry === null) return entry;
  const rows: Readonly<Record<string, unknown>> = { ...entry };
  const about = ABOUT.map((name) => rows[name]).find((value) => typeof value === 'string');
  return about ?? entry;
}

/** No contract is as deep. */
const MAX_DEPTH = 20;

/** What models mean by nothing, by one for a list of one, and by more words than are kept. Total, pure. */
export function asMeant(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  const inside = (inner: unknown): unknown => asMeant(inner, depth + 1);
  if (Array.isArray(value)) return value.map(inside);
  const rows = Object.entries(value).flatMap(([key, inner]): readonly (readonly [string, unknown])[] => {
    if (!LISTS.has(key)) return inner === null ? [] : [[key, inside(inner)]];
    const list = Array.isArray(inner) ? inner : inner === null || inner === '' ? [] : [inner];
    return [[key, UNCUT.has(key) ? list.map(inside) : list.slice(0, WORDS_LIMIT).map(asWord)]];
  });
  return Object.fromEntries(rows);
}
