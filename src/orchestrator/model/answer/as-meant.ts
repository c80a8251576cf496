/** Keys whose values are lists in every contract. */
const LISTS: ReadonlySet<string> = new Set(
  'decisions openQuestions changedFiles addedTests followUps findings steps insert drop inputs requiredTools dependsOn'.split(
    ' ',
  ),
);
/** Of entries, which are cut: what more of them would say is seen from the files. Steps are not: each is work. */
const ENTRIES_LIMIT = 50;
const UNCUT: ReadonlySet<string> = new Set(['steps', 'insert']);
/** Of one that is a word. */
const WORD_CHARS = 4000;
/** Of texts, which are cut with a word. A goal is not: what it leaves out would be left undone. */
const TEXT_CHARS: Readonly<Record<string, number>> = { summary: 8000, why: 4000, text: 4000, file: 4000, title: 120 };

/** Keys whose values are words of a list, and what else they are called. */
const CHOICES: ReadonlySet<string> = new Set(['verdict', 'severity', 'action', 'kind', 'size', 'check']);
const CALLED: Readonly<Record<string, string>> = {
  approved: 'approve',
  'changes-requested': 'request-changes',
  'request-change': 'request-changes',
  blocker: 'blocking',
  critical: 'blocking',
  major: 'blocking',
  nit: 'minor',
  low: 'minor',
};
const NUMBERS: ReadonlySet<string> = new Set(['difficulty', 'stakes', 'deadlineSeconds']);
const FLAGS: ReadonlySet<string> = new Set(['passed', 'fixesFault']);
/** What an entry that is more than a word calls what it is about. */
const ABOUT = ['path', 'file', 'name', 'id', 'text'] as const;
/** No contract is as deep. */
const MAX_DEPTH = 20;

/** What models mean by nothing, by one for a list of one, by names with lines between, and by more than is kept. Total, pure. */
export function asMeant(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((inner) => asMeant(inner, depth + 1));
  const given = Object.entries(value);
  const named = new Set(given.map(([key]) => key));
  const rows = given.flatMap(([written, inner]): readonly (readonly [string, unknown])[] => {
    const joined = written.replaceAll(/[_-]([a-z])/gu, (_all, letter: string) => letter.toUpperCase());
    const key = named.has(joined) ? written : joined;
    if (!LISTS.has(key)) return inner === null ? [] : [[key, one(key, inner, depth)]];
    const list = Array.isArray(inner) ? inner : inner === null || inner === '' ? [] : [inner];
    return [[key, key === 'findings' ? findings(list, depth) : entries(key, list, depth)]];
  });
  return Object.fromEntries(rows);
}

function entries(key: string, list: readonly unknown[], depth: number): readonly unknown[] {
  if (UNCUT.has(key)) return list.map((inner) => asMeant(inner, depth + 1));
  return list.slice(0, ENTRIES_LIMIT).map(asWord);
}

/** Those that block are kept first. */
function findings(list: readonly unknown[], depth: number): readonly unknown[] {
  const read = list.map((inner) =>
    asMeant(typeof inner === 'string' ? { severity: 'minor', text: inner } : inner, depth),
  );
  if (read.length <= ENTRIES_LIMIT) return read;
  const blocks = (entry: unknown): boolean => (entry as { severity?: unknown } | null)?.severity === 'blocking';
  return [...read.filter(blocks), ...read.filter((entry) => !blocks(entry))].slice(0, ENTRIES_LIMIT);
}

function one(key: string, inner: unknown, depth: number): unknown {
  if (typeof inner !== 'string') return asMeant(inner, depth + 1);
  const limit = TEXT_CHARS[key];
  if (limit !== undefined) return cut(inner, limit);
  const word = inner.trim().toLowerCase();
  if (CHOICES.has(key)) return CALLED[dashed(word)] ?? dashed(word);
  if (NUMBERS.has(key) && /^\d+(?:\.\d+)?$/u.test(word)) return Number(word);
  if (FLAGS.has(key) && /^(?:true|yes|false|no)$/u.test(word)) return word === 'true' || word === 'yes';
  return inner;
}

function dashed(word: string): string {
  return word.replaceAll(/[\s_]+/gu, '-');
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const word = ` … (cut: it had ${text.length} characters)`;
  return `${text.slice(0, limit - word.length)}${word}`;
}

function asWord(entry: unknown): unknown {
  if (typeof entry === 'string') return cut(entry, WORD_CHARS);
  if (typeof entry !== 'object' || entry === null) return entry;
  const rows: Readonly<Record<string, unknown>> = { ...entry };
  const about = ABOUT.map((name) => rows[name]).find((value) => typeof value === 'string');
  return about ?? entry;
}
