import type { Ratio } from '../domain/time.ts';

/** A small softmax classifier over a text's vector, as it is stored. */
export interface LinearHead {
  readonly classes: readonly string[];
  readonly columnCount: number;
  /** Float32 little-endian, one row of `columnCount` per class, base64. */
  readonly weights: string;
  readonly intercepts: readonly number[];
  /** Scores are multiplied by this before the softmax; fitted out of fold, so that confidence means something. */
  readonly sharpness: number;
}

/** Probability per class, in the order of `classes`; they sum to 1. */
export type ClassProbabilities = readonly Ratio[];

export function packWeights(rows: readonly ArrayLike<number>[]): string {
  const values = Float32Array.from(rows.flatMap((row) => Array.from(row)));
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** @throws RangeError when the bytes are not `count` floats. */
export function unpackWeights(weights: string, count: number): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(weights, 'base64'));
  if (bytes.byteLength !== 4 * count)
    throw new RangeError(`A head with ${bytes.byteLength} bytes instead of ${4 * count}`);
  return new Float32Array(bytes.buffer);
}

/**
 * Opens a head for use: unpacks once, then classifies in some ten microseconds. The ONNX file made from the same head
 * gives the same probabilities to 1e-4; a session run costs more than the whole product, so it is for other programs.
 */
export function openHead(head: LinearHead): (vector: ArrayLike<number>) => ClassProbabilities {
  const weights = unpackWeights(head.weights, head.classes.length * head.columnCount);
  return (vector) => {
    const columns = columnsOf(vector, head.columnCount);
    const scores = head.classes.map((_, index) => {
      let score = head.intercepts[index] ?? 0;
      const base = index * head.columnCount;
      for (const column of columns) score += (weights[base + column] ?? 0) * (vector[column] ?? 0);
      return score * head.sharpness;
    });
    return softmax(scores);
  };
}

/** The columns that say something: a short text's hashed vector has some fifty of a thousand. */
function columnsOf(vector: ArrayLike<number>, columnCount: number): readonly number[] {
  const columns: number[] = [];
  for (let column = 0; column < columnCount; column += 1) if ((vector[column] ?? 0) !== 0) columns.push(column);
  return columns;
}

export function softmax(scores: readonly number[]): ClassProbabilities {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
