import { CONCEPT_WORDS } from './concept-words.ts';

const LONGEST_STEM = 14;
const SHORTEST_STEM = 2;
const LONGEST_RUN = 7;
const RUN = /[\u0e00-\u0e7f\u3005\u3040-\ud7af]/u;

interface Lexicon {
  /** Whole words, and two words with a dash between them. */
  readonly words: ReadonlyMap<string, readonly number[]>;
  /** What a word may start with, by its first letters, the longest first. */
  readonly stems: ReadonlyMap<string, readonly Stem[]>;
  /** What may stand anywhere in a script without spaces. */
  readonly runs: ReadonlyMap<string, readonly number[]>;
}

interface Stem {
  readonly stem: string;
  readonly concepts: readonly number[];
}

const LEXICON = toLexicon(CONCEPT_WORDS);

/** Adds the numbers of the concepts that a word names, alone or with the word before it. */
export function conceptsOfWord(word: string, previous: string, found: number[]): void {
  push(LEXICON.words.get(word), found);
  if (previous !== '') push(LEXICON.words.get(`${previous}-${word}`), found);
  if (word.length < SHORTEST_STEM) return;
  const stems = LEXICON.stems.get(word.slice(0, SHORTEST_STEM));
  push(stems?.find(({ stem }) => word.startsWith(stem))?.concepts, found);
}

/** The same for a run of a script without spaces: the longest match at each place. */
export function conceptsOfRun(run: string, found: number[]): void {
  for (let start = 0; start < run.length; start += 1) {
    for (let length = Math.min(LONGEST_RUN, run.length - start); length >= 1; length -= 1) {
      const concepts = LEXICON.runs.get(run.slice(start, start + length));
      if (concepts === undefined) continue;
      push(concepts, found);
      start += length - 1;
      break;
    }
  }
}

function push(concepts: readonly number[] | undefined, found: number[]): void {
  if (concepts !== undefined) for (const concept of concepts) found.push(concept);
}

function toLexicon(lines: Readonly<Record<string, string>>): Lexicon {
  const words = new Map<string, number[]>();
  const stems = new Map<string, number[]>();
  const runs = new Map<string, number[]>();
  for (const [number, line] of Object.values(lines).entries()) {
    for (const stem of new Set(line.split(' '))) {
      const isStem = stem.endsWith('*');
      const key = isStem ? stem.slice(0, -1) : stem;
      const map = RUN.test(stem) ? runs : isStem ? stems : words;
      map.set(key, [...(map.get(key) ?? []), number]);
    }
  }
  return { words, stems: byFirstLetters(stems), runs };
}

function byFirstLetters(stems: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, readonly Stem[]> {
  const usable = [...stems]
    .map(([stem, concepts]): Stem => ({ stem, concepts }))
    .filter(({ stem }) => stem.length >= SHORTEST_STEM && stem.length <= LONGEST_STEM)
    .sort((a, b) => b.stem.length - a.stem.length);
  return Map.groupBy(usable, ({ stem }) => stem.slice(0, SHORTEST_STEM));
}
