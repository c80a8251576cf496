/** Places tried: more is no answer, and would take long to look through. */
const MAX_TRIES = 500;

/**
 * The JSON objects in the words of a model, in order: in fenced blocks, bare, between or after prose, which may hold braces of
 * its own. Total, pure.
 */
export function jsonObjectsIn(text: string): readonly object[] {
  const found: object[] = [];
  let tries = 0;
  for (let at = text.indexOf('{'); at !== -1 && tries < MAX_TRIES; tries += 1) {
    const end = endOfObject(text, at);
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
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
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

/** What models mean by nothing, by one for a list of one, and by more words than are kept. Total, pure. */
export function asMeant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMeant);
  if (typeof value !== 'object' || value === null) return value;
  const rows = Object.entries(value).flatMap(([key, inner]): readonly (readonly [string, unknown])[] => {
    if (!LISTS.has(key)) return inner === null ? [] : [[key, asMeant(inner)]];
    const list = Array.isArray(inner) ? inner : inner === null || inner === '' ? [] : [inner];
    return [[key, list.slice(0, UNCUT.has(key) ? undefined : WORDS_LIMIT).map(asMeant)]];
  });
  return Object.fromEntries(rows);
}
