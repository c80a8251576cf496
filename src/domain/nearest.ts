/**
 * Of `known`, the words that a person who typed `word` may have meant: nearest first, at most `limit`.
 * Distance is edits, blind to case and punctuation; a word further than half its length is not near. Ties by spelling.
 */
export function nearest<Word extends string>(word: string, known: readonly Word[], limit = 3): readonly Word[] {
  const typed = fold(word);
  const bound = Math.max(2, Math.floor(typed.length / 2));
  return known
    .map((candidate) => ({ candidate, edits: distance(typed, fold(candidate)) }))
    .filter(({ edits }) => edits <= bound)
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean "x"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [best] = nearest(word, known, 1);
  return best === undefined ? '' : ` Did you mean "${best}"?`;
}

/** Comparing is quadratic, and what was typed may be hostile. */
const MAX_COMPARED = 80;

const fold = (word: string): string =>
  word
    .slice(0, MAX_COMPARED)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Edits between two words, a swap of neighbours being one, where the part that one merely adds in front or behind counts a third. */
function distance(a: string, b: string): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length >= 3 && long.includes(short)) return Math.min(2, Math.ceil((long.length - short.length) / 3));
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
