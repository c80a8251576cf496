import type { Embedder } from '../embedding/embedder.ts';
import type { NeedText } from './need-features.ts';

/** Characters of the ends of the words, and of what came before them, that are encoded. */
const WORDS_CHARS = 600;
const BEFORE_CHARS = 300;
/** How much what came before weighs beside the words. */
const BEFORE_WEIGHT = 0.6;

/** What is encoded of a step: the ends of the words, or of the words that it goes on with, and of the newest thing before them. */
export function textsToEncode({ text, before }: NeedText): readonly [words: string, before: string] {
  const asked = text.trim() === '' ? (before.findLast(({ role }) => role === 'user')?.text ?? '') : text;
  return [ends(asked, WORDS_CHARS), ends(before.at(-1)?.text ?? '', BEFORE_CHARS)];
}

/** An encoder's vectors of the words and of the newest thing before them, joined. Rejects as the encoder does. */
export async function encodeStep(embedder: Embedder, step: NeedText): Promise<Float32Array> {
  const [words, context] = await embedder.embed(textsToEncode(step));
  const joined = new Float32Array(2 * embedder.dimensionCount);
  if (words !== undefined) joined.set(words);
  if (context !== undefined)
    joined.set(
      context.map((value) => value * BEFORE_WEIGHT),
      embedder.dimensionCount,
    );
  return joined;
}

function ends(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars * 0.7)} ${text.slice(-chars * 0.3)}`;
}
