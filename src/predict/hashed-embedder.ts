import { embeddable, meanDirection, type Embedder } from './embedder.ts';

const DIMENSION_COUNT = 1024;
/** Version of the hashing below; another one gives other vectors. */
export const HASHED_VERSION = 'hashed-1024-1';

/**
 * Vectors without a model: words, word pairs and letter triples hashed into 1,024 signed slots. Knows no synonyms, needs
 * nothing, runs in well under a millisecond. What is used when the ONNX encoder cannot load.
 */
export function createHashedEmbedder(): Embedder {
  return {
    version: HASHED_VERSION,
    dimensionCount: DIMENSION_COUNT,
    embed: (texts) => Promise.resolve(texts.map(hashedVector)),
    close: () => Promise.resolve(),
  };
}

/** The vector of one text. Linear in its length. Pure. */
export function hashedVector(text: string): Float32Array {
  const vector = new Float32Array(DIMENSION_COUNT);
  const words =
    embeddable(text)
      .toWellFormed()
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  let previous = '';
  for (const word of words) {
    add(vector, `w ${word}`, 1);
    if (previous !== '') add(vector, `p ${previous} ${word}`, 0.5);
    const padded = ` ${word.slice(0, 40)} `;
    for (let start = 0; start + 3 <= padded.length; start += 1) add(vector, padded.slice(start, start + 3), 0.3);
    previous = word;
  }
  for (const [index, value] of vector.entries()) vector[index] = Math.sign(value) * Math.sqrt(Math.abs(value));
  return meanDirection([vector], DIMENSION_COUNT);
}

function add(vector: Float32Array, feature: string, weight: number): void {
  const hash = fnv1a(feature);
  const slot = hash % DIMENSION_COUNT;
  vector[slot] = (vector[slot] ?? 0) + ((hash >>> 16) & 1 ? weight : -weight);
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
