/** Turns texts into vectors of unit length. The same text always gives the same vector, alone or in a batch. */
export interface Embedder {
  /** Name and version, kept in every record: answers of another embedder do not compare. */
  readonly version: string;
  readonly dimensionCount: number;
  /** Empty text gives the zero vector. Rejects only after `close` or when the worker is gone. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** Longest text that is embedded: its head and its tail; what is between is left out. */
const MAX_EMBED_CHARS = 8000;
const WINDOW_PIECES = 128;
const MAX_WINDOWS = 4;

/** The part of a text that is embedded, so that no input costs more than four windows. */
export function embeddable(text: string): string {
  if (text.length <= MAX_EMBED_CHARS) return text;
  return `${text.slice(0, MAX_EMBED_CHARS / 2)} ${text.slice(-MAX_EMBED_CHARS / 2)}`;
}

/** Windows of at most 128 pieces; of more than four the two first and the two last. */
export function windowsOf(
  ids: readonly number[],
  windowPieces: number = WINDOW_PIECES,
): readonly (readonly number[])[] {
  const windows: (readonly number[])[] = [];
  for (let start = 0; start < ids.length; start += windowPieces) windows.push(ids.slice(start, start + windowPieces));
  if (windows.length <= MAX_WINDOWS) return windows;
  return [...windows.slice(0, MAX_WINDOWS / 2), ...windows.slice(-MAX_WINDOWS / 2)];
}

/** Adds vectors and scales the sum to unit length; no vectors give zeros. */
export function meanDirection(vectors: readonly ArrayLike<number>[], dimensionCount: number): Float32Array {
  const sum = new Float32Array(dimensionCount);
  for (const vector of vectors) {
    for (let index = 0; index < dimensionCount; index += 1) sum[index] = (sum[index] ?? 0) + (vector[index] ?? 0);
  }
  let square = 0;
  for (const value of sum) square += value * value;
  const length = Math.sqrt(square);
  return length === 0 ? sum : sum.map((value) => value / length);
}
