/** A name or a value as somebody would look for it: with a digit, a sign inside, capitals inside, or in quotes. */
const TERM =
  /"([^"\n]{2,60})"|'([^'\n]{2,60})'|`([^`\n]{2,60})`|[\p{L}\p{N}_$][\p{L}\p{N}_$.:/@%+-]*[\p{L}\p{N}_$%]|\p{N}/gu;
/** Words of every report: they say nothing of this one. */
const PLACE =
  /^(?:\.{0,2}\/.*|.*\/.*\.\w{1,5}(?::\d+)*|[\w.-]+\.(?:js|mjs|ts|py|json|ya?ml|md|txt|sh|go|rs|rb|java|toml|cfg|ini|test)(?::\d+)*)$/u;
/** What stands where a secret stood: of any two it is the same. */
const MASK = /^\[?redacted:/u;
const MEASURE = /^\d+(?:\.\d+)?(?:ms|s|%|m|kB|MB)$/u;
/** Sums and frames of a test run: counts of what ran, and where. */
const SUM_LINE =
  /^(?!.*\b(?:expected|got|want|must|received)\b).*(?:\b(?:tests?|pass(?:ed|ing)?|fail(?:ed|ing|ures)?|skipped|suites?|duration\w*|todo|cancelled|subtest)\b[^\n]{0,12}\d|\d+ (?:pass|fail|test)|^[^\S\n]*(?:not )?ok \d|^[^\S\n]*\d+\.\.\d+[^\S\n]*$|^[^\S\n]*at .*:\d).*$/gimu;
/** One figure alone is a value only where it is said to be one. */
const LONE =
  /(?:expected|wanted|want|must be|should be|[!=]==?|left|right|got|received|is|as the .{1,40}|[:=])\W{0,3}$/iu;
const LONE_BEFORE = 50;
const MOST_CHARS = 40_000;

/** Terms of a text, each once, in lower case. Places in files and times are left out. Pure. */
export function termsOf(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const plain = text.slice(0, MOST_CHARS).replaceAll(SUM_LINE, '');
  for (const match of plain.matchAll(TERM)) {
    const quoted = match[1] ?? match[2] ?? match[3];
    if (quoted !== undefined && !quoted.includes(' ')) add(found, quoted);
    else if (quoted !== undefined) for (const inner of termsOf(quoted)) found.add(inner);
    else if (isName(match[0]) && !isStray(match[0], plain.slice(Math.max(0, match.index - LONE_BEFORE), match.index)))
      add(found, match[0]);
  }
  return found;
}

function add(found: Set<string>, term: string): void {
  const plain = term.toLowerCase();
  if (!PLACE.test(plain) && !MEASURE.test(plain) && !MASK.test(plain)) found.add(plain);
}

function isStray(word: string, before: string): boolean {
  return word.length === 1 && !LONE.test(before);
}

function isName(word: string): boolean {
  return /\d/u.test(word) || /[_@]/u.test(word) || /\p{Ll}\p{Lu}/u.test(word) || /\p{L}[-.]\p{L}/u.test(word);
}

/** Whether a text holds a term, as a whole. Pure. */
export function holds(text: string, term: string): boolean {
  const where = text.toLowerCase();
  for (let at = where.indexOf(term); at !== -1; at = where.indexOf(term, at + 1)) {
    if (!isInside(where[at - 1], term.at(0)) && !isInside(where[at + term.length], term.at(-1))) return true;
  }
  return false;
}

/** Two signs that belong to one word. */
function isInside(outer: string | undefined, inner: string | undefined): boolean {
  return outer !== undefined && inner !== undefined && /[\p{L}\p{N}_]/u.test(outer) && /[\p{L}\p{N}_]/u.test(inner);
}

/** Lines that a diff adds, with the names of its files. Pure. */
export function addedBy(diff: string): string {
  return diff
    .split('\n')
    .filter((line) => line.startsWith('+'))
    .join('\n');
}
