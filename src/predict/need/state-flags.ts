/** A number as one of few steps, twice as fine as the powers of two. */
export const bucketOf = (value: number): number => (value <= 1 ? 0 : 1 + Math.floor(2 * Math.log2(value)));

type Flags = readonly (readonly [string, RegExp])[];

/** What the shape of words shows, in any language. */
const OF_WORDS: Flags = [
  ['question', /[?？؟]\s*$/u],
  ['asks', /[?？؟]/u],
  ['fence', /```/u],
  [
    'path',
    /[\w-]+\/[\w./-]+|\b[\w-]+\.(?:[jt]sx?|py|go|rs|java|rb|c|cc|cpp|h|cs|kt|swift|php|sql|ya?ml|toml|json|md|css|html|sh)\b/u,
  ],
  ['diff', /^[+-](?![+-])\s*\S/mu],
  ['trace', /Traceback|^\s+at .+\(.+\)|Exception|panic|segfault|\bE\d{3,}\b/mu],
  ['error word', /\b(?:error|fail(?:ed|s|ure)?|crash\w*)\b/iu],
  ['identifier', /\b[a-z]+(?:_[a-z]+)+\b|\b[a-z]+[A-Z]\w+|\b\w+\(\)/u],
  ['number', /\d/u],
  ['big number', /\d{4}|\d[.,]\d{3}/u],
  ['money', /[€$£¥₹₽]|\b(?:usd|eur)\b/iu],
  ['percent', /%/u],
  ['list', /^\s*(?:[-*•]|\d+[.)])\s/mu],
  ['url', /https?:\/\//u],
  ['quote', /["'«“「][^"'«“]{2,40}["'»”」]/u],
  ['exclaim', /[!！]/u],
  ['arrow', /->|=>|→/u],
  ['many commas', /[,;、，；](?:[^,;、，；]*[,;、，；]){2}/u],
  ['many sentences', /[.。！!?？](?:\s[^.。！!?？]*[.。！!?？]){2}/u],
  ['tag', /<\/?[a-z][\w-]*>/u],
  ['bracket', /^\s*\[/u],
  ['colon end', /[:：]\s*$/u],
];

/** What a tool's result shows, in any language of its prose. */
const OF_RESULT: Flags = [
  ['red', /\b[1-9]\d* (?:failed|failing|failures?|errors?)\b|FAILED|✗|✕|not ok/iu],
  ['green', /\b\d+ (?:passed|passing)\b|\ball (?:tests )?(?:pass|green)|\b0 (?:failed|errors|failures)\b|\bOK\b|✓|✔/iu],
  ['error', /\berror\b|\bexception\b|traceback|\bfatal\b|denied|not found|cannot|refused|\b[45]\d\d\b/iu],
  ['diff', /^[+-](?![+-])\s*\S/mu],
  ['edited', /^(?:edited|wrote|updated|created|saved|patched|replaced|modified)\b/iu],
  ['listing', /\n\s*[\w./-]+\.[a-z]{1,4}\b[^\n]*\n\s*[\w./-]+\.[a-z]{1,4}\b/u],
  ['nothing', /^\s*(?:\(?(?:no output|no matches|empty|none|ok)\)?)?\s*$/iu],
  ['code', /[{};]\s*$|\bdef |\bfunction\b|\bclass \w|=> /mu],
  ['numbers', /\d(?:\D+\d){5}/u],
];

export function wordFlags(text: string): readonly string[] {
  return OF_WORDS.filter(([, sign]) => sign.test(text)).map(([name]) => name);
}

export function resultFlags(text: string): readonly string[] {
  return OF_RESULT.filter(([, sign]) => sign.test(text)).map(([name]) => name);
}
