import { embeddable, type Embedder } from './embedder.ts';

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

let newest: { readonly text: string; readonly vector: Float32Array } | undefined;

/**
 * The vector of one text, not to be changed. Linear in its length. Pure; the newest is kept, because a step's words are read
 * more than once.
 */
export function hashedVector(text: string): Float32Array {
  if (newest?.text !== text) newest = { text, vector: makeVector(text) };
  return newest.vector;
}

function makeVector(text: string): Float32Array {
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
  return toUnitLength(vector);
}

/** Damps the slots that repeat, then scales. Most slots of a short text are empty, and left alone. */
function toUnitLength(vector: Float32Array): Float32Array {
  let square = 0;
  for (let index = 0; index < DIMENSION_COUNT; index += 1) {
    const value = vector[index] ?? 0;
    if (value === 0) continue;
    const damped = (vector[index] = Math.fround(Math.sign(value) * Math.sqrt(Math.abs(value))));
    square += damped * damped;
  }
  const length = Math.sqrt(square);
  if (length === 0) return vector;
  for (let index = 0; index < DIMENSION_COUNT; index += 1) {
    const value = vector[index] ?? 0;
    if (value !== 0) vector[index] = value / length;
  }
  return vector;
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
