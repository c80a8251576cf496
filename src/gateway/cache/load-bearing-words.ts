/**
 * Longest text that is compared by meaning, in characters: beyond it one changed word is too small a part of a vector,
 * and such texts are seldom asked twice.
 */
const MAX_CHARS = 2000;
/** Code, tables and indented text: spaces and line ends carry meaning there. */
const LAID_OUT = /```|\t|\n[ ]|[|]/u;

/** Courtesy before a request. "Can you" alone stays: it may ask whether, and "hello" without a sign may be the subject. */
const OPENING =
  /^(?:(?:hi|hello|hey)(?: there)?[,!.]|(?:please|kindly)\b,?|(?:can|could|would|will) you (?:please|kindly)\b|(?:i(?: would|['’]d) like|i want|i need) you to\b|help me (?:to )?(?!with\b|in\b|out\b)(?=\p{L}))\s*/iu;
/** Courtesy after a request, behind the end of a clause: without one it may be what the request is about. */
const CLOSING = /(?<=[.!?,])\s+(?:please|thanks(?: a lot| in advance)?|thank you(?: very much| in advance)?)[.!?]*$/iu;
const SHORT_FORMS: readonly (readonly [RegExp, string])[] = [
  [/\b(what|who|where|when|how|that|there|here|it)['’]s\b/giu, '$1 is'],
  [/\b(do|does|did|is|are|was|were|has|have|had|should|could|would|must)n['’]t\b/giu, '$1 not'],
  [/\bcan(?:['’]t|not)\b/giu, 'can not'],
  [/\bwon['’]t\b/giu, 'will not'],
];
/** From here on a request quotes what it is about: every sign of that counts. */
const MATTER = /["“”„«»‘:：]/u;
const ARTICLES = new Set(['a', 'an', 'the']);
const TOKEN = /[\p{L}\p{M}]+(?:['’_-][\p{L}\p{M}]+)*|\p{N}+(?:[.,]\p{N}+)*|[^\s\p{L}\p{M}\p{N}]/gu;
/** A sign that ends a sentence or a clause: it stands before a space or at the end. */
const MAY_GO = new Set(['.', '!', '?', ',']);

/**
 * The words of a request that carry its meaning, in order, as one text: courtesy, articles, the signs between sentences
 * and the capital that opens one are left out, everything else stays,
 * and what follows a colon or a quotation mark stays letter by letter. Two texts may share an answer only if these are
 * the same, because no sentence encoder tells a changed number, name or direction apart. `undefined`: code or too long,
 * so only the same bytes are the same request. Pure.
 */
export function loadBearingWords(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_CHARS || LAID_OUT.test(text)) return undefined;
  const at = trimmed.search(MATTER);
  const matter = at < 0 ? '' : trimmed.slice(at).replaceAll(/\s+/gu, ' ');
  let rest = at < 0 ? trimmed : trimmed.slice(0, at);
  for (const [pattern, full] of SHORT_FORMS) rest = rest.replace(pattern, full);
  rest = withoutCourtesy(rest);
  const words: string[] = [];
  let opensSentence = true;
  for (const match of rest.matchAll(TOKEN)) {
    const [token] = match;
    const after = rest[match.index + token.length];
    if (MAY_GO.has(token) && (after === undefined || /\s/u.test(after)) && !isListComma(rest, match.index)) {
      opensSentence = token !== ',';
      continue;
    }
    const word = opensSentence ? plainCase(token) : token;
    opensSentence = false;
    if (!ARTICLES.has(word)) words.push(word);
  }
  const all = matter === '' ? words : [...words, matter];
  return all.length === 0 ? undefined : all.join(' ');
}

function withoutCourtesy(text: string): string {
  let rest = text;
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(OPENING, '').replace(CLOSING, '');
  }
  return rest === '' ? text : rest;
}

/** `1, 2` lists two numbers, and what they are separated by may matter. */
function isListComma(text: string, at: number): boolean {
  return text[at] === ',' && /\p{N}/u.test(text[at - 1] ?? '');
}

/** At the start of a sentence `The` is `the`; `US`, `iOS` and a `Polish` in the middle stay as they are. */
function plainCase(word: string): string {
  return /^\p{Lu}\p{Ll}*$/u.test(word) && (word.length > 1 || word === 'A') ? word.toLowerCase() : word;
}
