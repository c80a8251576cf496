const VOCABULARY =
  'prove theorem architecture distributed rigorous design consensus formal kernel quantum audit security plan strategy migrate review critical production proof optimal derive analyze complexity scalable design concurrency verify invariant holistic refactor entire system carefully expert reasoning'.split(
    ' ',
  );
const LENGTH = 10;

/**
 * A string of ten words found by hill climbing on the router's own score over a few texts, as in published rerouting
 * attacks: one word is changed at a time, and kept when the dearest model gains.
 */
export async function climb(
  texts: readonly string[],
  score: (text: string) => Promise<number>,
  random: () => number,
  rounds: number,
): Promise<string> {
  let words = Array.from({ length: LENGTH }, () => VOCABULARY[Math.floor(random() * VOCABULARY.length)] ?? '');
  let best = await mean(texts, words, score);
  for (let round = 0; round < rounds; round += 1) {
    const next = [...words];
    next[Math.floor(random() * LENGTH)] = VOCABULARY[Math.floor(random() * VOCABULARY.length)] ?? '';
    const value = await mean(texts, next, score);
    if (value > best) [words, best] = [next, value];
  }
  return words.join(' ');
}

async function mean(
  texts: readonly string[],
  words: readonly string[],
  score: (text: string) => Promise<number>,
): Promise<number> {
  let sum = 0;
  for (const text of texts) sum += await score(`${text}\n${words.join(' ')}`);
  return sum / texts.length;
}
