import { conceptsOfRun, conceptsOfWord } from './concepts.ts';

/** A text as words: their hashes, and the concepts that they name, in order. */
export interface ReadWords {
  readonly words: readonly number[];
  readonly concepts: readonly number[];
}

/** Kinds of characters, by code. */
const OTHER = 0;
const SPACE = 1;
const LETTER = 2;
/** Scripts without spaces between words, and Korean, whose words take endings. */
const WIDE = 3;
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code <= 32) return SPACE;
  const isLetter = /[a-z0-9_]/iu.test(String.fromCodePoint(code));
  return isLetter ? LETTER : OTHER;
});

function sortOf(code: number): number {
  if (code < 128) return ASCII[code] ?? OTHER;
  if (code < 0xc0) return code === 0xa0 ? SPACE : OTHER;
  if (code < 0x2000) return code >= 0x0e00 && code < 0x0e80 ? WIDE : LETTER;
  if (code < 0x2e80) return OTHER;
  if (code < 0x3040) return code === 0x3000 ? SPACE : code === 0x3005 ? WIDE : OTHER;
  if (code < 0xd7b0) return WIDE;
  return code < 0xf900 ? LETTER : code >= 0xff00 && code < 0xffe0 ? OTHER : LETTER;
}

/** Reads a text in lower case, once over. Each mark that is no letter is a word of its own. */
export function readWords(text: string): ReadWords {
  const words: number[] = [];
  const concepts: number[] = [];
  let previous = '';
  for (let at = 0; at < text.length;) {
    const sort = sortOf(text.charCodeAt(at));
    if (sort === SPACE) {
      at += 1;
      continue;
    }
    let end = at + 1;
    if (sort !== OTHER) while (end < text.length && sortOf(text.charCodeAt(end)) === sort) end += 1;
    const word = text.slice(at, end);
    if (sort === WIDE) addRun(word, words, concepts);
    else words.push(hashWord(word));
    if (sort === LETTER) conceptsOfWord(word, previous, concepts);
    previous = sort === LETTER ? word : '';
    at = end;
  }
  return { words, concepts };
}

function addRun(run: string, words: number[], concepts: number[]): void {
  for (let at = 0; at + 1 < run.length || at === 0; at += 2) words.push(hashWord(run.slice(at, at + 2)));
  conceptsOfRun(run, concepts);
}

function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  const length = Math.min(word.length, 24);
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash | 0;
}
