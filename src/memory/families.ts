import { RELATED_WORDS } from './related-words.ts';

/** What a text holds, and how much each says of it. */
export type Weights = ReadonlyMap<string, number>;

const WORD = /[\p{L}\p{N}]+/gu;
const SHORTEST_STEM = 4;

/** Words of a text in their order, in lower case, names in camel case taken apart. Pure. */
export function wordsIn(text: string): readonly string[] {
  return (
    text
      .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(WORD) ?? []
  );
}

/** One form for all endings that do not matter. Pure. */
export function stemOf(word: string): string {
  return word.length < SHORTEST_STEM ? word : word.replace(/(?:ings?|ies|y|ed|es|e|s)$/u, '');
}

/** Families of related words that stems name, alone or side by side; a word of many families says less of each. Pure. */
export function familiesOf(stems: readonly string[]): Weights {
  const found = new Map<string, number>();
  for (const [at, stem] of stems.entries()) {
    const pair = `${stems[at - 1] ?? ''}-${stem}`;
    for (const families of [FAMILIES.get(stem) ?? [], FAMILIES.get(pair) ?? []])
      for (const family of families)
        found.set(family, Math.max(found.get(family) ?? 0, 1 / Math.sqrt(families.length)));
  }
  return found;
}

const FAMILIES = byStem(RELATED_WORDS.trim().split('\n'));

function byStem(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const [number, line] of lines.entries())
    for (const stem of new Set(line.split(' ').map((word) => word.split('-').map(stemOf).join('-'))))
      map.set(stem, [...(map.get(stem) ?? []), String(number)]);
  return map;
}
