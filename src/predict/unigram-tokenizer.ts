/** Pieces with their log probabilities; a piece's id is its index. The first six are reserved. */
export type Vocabulary = readonly (readonly [piece: string, score: number])[];

export interface Tokenizer {
  /** Ids of the pieces of `text`; empty text gives none. Linear in its length. Never throws. */
  encode(text: string): readonly number[];
}

const RESERVED_COUNT = 6;
const UNKNOWN_ID = 0;
const SPACE = '\u2581';

interface TrieNode {
  readonly next: Map<number, TrieNode>;
  id: number;
}

/**
 * A unigram tokenizer: NFKC, spaces as `▁`, and the most probable sequence of pieces (Viterbi over a trie, so that each
 * character looks at no more than the longest piece). Unknown characters give id 0, neighbouring ones one id.
 */
export function createUnigramTokenizer(vocabulary: Vocabulary): Tokenizer {
  const root: TrieNode = { next: new Map(), id: -1 };
  let lowest = 0;
  for (const [id, [piece, score]] of vocabulary.entries()) {
    if (id < RESERVED_COUNT) continue;
    insert(root, piece, id);
    lowest = Math.min(lowest, score);
  }
  const scores = Float64Array.from(vocabulary, ([, score]) => score);
  const unknownScore = lowest - 10;
  return { encode: (text) => encode(normalize(text), root, scores, unknownScore) };
}

function normalize(text: string): string {
  const plain = text.toWellFormed().normalize('NFKC').replace(/\s+/gu, ' ').trim();
  return plain === '' ? '' : SPACE + plain.replaceAll(' ', SPACE);
}

function insert(root: TrieNode, piece: string, id: number): void {
  let node = root;
  for (let index = 0; index < piece.length; index += 1) {
    const code = piece.charCodeAt(index);
    let next = node.next.get(code);
    if (next === undefined) {
      next = { next: new Map(), id: -1 };
      node.next.set(code, next);
    }
    node = next;
  }
  node.id = id;
}

function encode(text: string, root: TrieNode, scores: Float64Array, unknownScore: number): readonly number[] {
  const length = text.length;
  const best = new Float64Array(length + 1).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(length + 1);
  const piece = new Int32Array(length + 1);
  best[0] = 0;
  for (let start = 0; start < length; start += 1) {
    const base = best[start] ?? 0;
    relax(start + 1, start, base + unknownScore, UNKNOWN_ID);
    let node: TrieNode | undefined = root;
    for (let end = start; end < length; end += 1) {
      node = node.next.get(text.charCodeAt(end));
      if (node === undefined) break;
      if (node.id >= 0) relax(end + 1, start, base + (scores[node.id] ?? 0), node.id);
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
