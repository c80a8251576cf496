/** Pieces with their log probabilities; a piece's id is its index. The first six are reserved. */
export type Vocabulary = readonly (readonly [piece: string, score: number])[];

export interface Tokenizer {
  /** Ids of the pieces of `text`; empty text gives none. Linear in its length. Never throws. */
  encode(text: string): readonly number[];
}

const RESERVED_COUNT = 6;
const UNKNOWN_ID = 0;
const SPACE = '\u2581';

/** Nodes as numbers in flat arrays, first child and next sibling: a tenth of the memory of nested maps. 0 is no node. */
class Trie {
  readonly #roots: Map<number, number> = new Map();
  readonly #codes: Int32Array;
  readonly #children: Int32Array;
  readonly #siblings: Int32Array;
  readonly #ids: Int32Array;
  #count = 1;

  constructor(capacity: number) {
    this.#codes = new Int32Array(capacity + 1);
    this.#children = new Int32Array(capacity + 1);
    this.#siblings = new Int32Array(capacity + 1);
    this.#ids = new Int32Array(capacity + 1).fill(-1);
  }

  insert(piece: string, id: number): void {
    let node = 0;
    for (let index = 0; index < piece.length; index += 1) {
      const code = piece.charCodeAt(index);
      node = this.step(node, code) || this.#append(node, code);
    }
    this.#ids[node] = id;
  }

  /** The node one character on, 0 when there is none. From 0 it starts at the root. */
  step(node: number, code: number): number {
    if (node === 0) return this.#roots.get(code) ?? 0;
    let child = this.#children[node] ?? 0;
    while (child !== 0 && this.#codes[child] !== code) child = this.#siblings[child] ?? 0;
    return child;
  }

  /** Id of the piece that ends at a node, −1 when none does. */
  idAt(node: number): number {
    return this.#ids[node] ?? -1;
  }

  #append(parent: number, code: number): number {
    const node = this.#count;
    this.#count += 1;
    this.#codes[node] = code;
    if (parent === 0) this.#roots.set(code, node);
    else {
      this.#siblings[node] = this.#children[parent] ?? 0;
      this.#children[parent] = node;
    }
    return node;
  }
}

/**
 * A unigram tokenizer: NFKC, spaces as `▁`, and the most probable sequence of pieces (Viterbi over a trie, so that each
 * character looks at no more than the longest piece). Unknown characters give id 0, neighbouring ones one id.
 */
export function createUnigramTokenizer(vocabulary: Vocabulary): Tokenizer {
  const trie = new Trie(vocabulary.reduce((sum, [piece]) => sum + piece.length, 0));
  let lowest = 0;
  for (const [id, [piece, score]] of vocabulary.entries()) {
    if (id < RESERVED_COUNT) continue;
    trie.insert(piece, id);
    lowest = Math.min(lowest, score);
  }
  const scores = Float64Array.from(vocabulary, ([, score]) => score);
  const unknownScore = lowest - 10;
  return { encode: (text) => encode(normalize(text), trie, scores, unknownScore) };
}

function normalize(text: string): string {
  const plain = text.toWellFormed().normalize('NFKC').replace(/\s+/gu, ' ').trim();
  return plain === '' ? '' : SPACE + plain.replaceAll(' ', SPACE);
}

function encode(text: string, trie: Trie, scores: Float64Array, unknownScore: number): readonly number[] {
  const length = text.length;
  const best = new Float64Array(length + 1).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(length + 1);
  const piece = new Int32Array(length + 1);
  best[0] = 0;
  for (let start = 0; start < length; start += 1) {
    const base = best[start] ?? 0;
    relax(start + 1, start, base + unknownScore, UNKNOWN_ID);
    let node = 0;
    for (let end = start; end < length; end += 1) {
      node = trie.step(node, text.charCodeAt(end));
      if (node === 0) break;
      const id = trie.idAt(node);
      if (id >= 0) relax(end + 1, start, base + (scores[id] ?? 0), id);
    }
  }
  return backtrack(length, from, piece);

  function relax(end: number, start: number, score: number, id: number): void {
    if (score <= (best[end] ?? 0)) return;
    best[end] = score;
    from[end] = start;
    piece[end] = id;
  }
}

function backtrack(length: number, from: Int32Array, piece: Int32Array): readonly number[] {
  const ids: number[] = [];
  for (let end = length; end > 0; end = from[end] ?? 0) {
    const id = piece[end] ?? UNKNOWN_ID;
    if (id !== UNKNOWN_ID || ids.at(-1) !== UNKNOWN_ID) ids.push(id);
  }
  return ids.reverse();
}
