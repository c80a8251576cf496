/** Pieces past this many are joined into one: what walks over them would take as long as the copy. */
const MOST_PIECES = 64;
/** Shorter ones are copied together for a socket: each write of its own costs about as much as the copy. */
const LONG_PIECE_BYTES = 64 * 1024;

/**
 * Bytes in pieces, so that a text that grows shares the memory of what it was: a megabyte that is held anew with each call grows old
 * and dies there, and of such garbage V8 marks the whole heap. Immutable.
 */
export class ByteRope {
  readonly length: number;
  readonly #pieces: readonly Buffer[];
  readonly #starts: readonly number[];

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces.length > MOST_PIECES ? [Buffer.concat(pieces)] : pieces;
    const starts: number[] = [];
    let length = 0;
    for (const piece of this.#pieces) {
      starts.push(length);
      length += piece.length;
    }
    this.#starts = starts;
    this.length = length;
  }

  /** The pieces of what lies from `from` to `to`; no bytes are copied. */
  slices(from: number, to: number): readonly Buffer[] {
    const found: Buffer[] = [];
    this.#each(from, to, (piece, start, end) => {
      found.push(piece.subarray(start, end));
      return true;
    });
    return found;
  }

  /** What lies from `from` to `to`, in memory of its own. */
  ownCopy(from: number, to: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(Math.max(0, to - from));
    let at = 0;
    this.#each(from, to, (piece, start, end) => {
      at += piece.copy(copy, at, start, end);
      return true;
    });
    return copy;
  }

  /** All of it for a socket, in few pieces, of which the long ones are not copied. */
  toPieces(): readonly Buffer[] {
    if (this.#pieces.length === 1) return this.#pieces;
    const joined: Buffer[] = [];
    let short: Buffer[] = [];
    const join = (): void => {
      if (short.length > 0) joined.push(Buffer.concat(short));
      short = [];
    };
    for (const piece of this.#pieces) {
      if (piece.length < LONG_PIECE_BYTES) short.push(piece);
      else {
        join();
        joined.push(piece);
      }
    }
    join();
    return joined;
  }

  /** All of it in one piece. */
  toBuffer(): Buffer {
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
  }

  /** Whether what lies from `from` to `to` stands in `bytes` at `at`. */
  standsIn(bytes: Buffer, at: number, from: number, to: number): boolean {
    if (at < 0 || at + to - from > bytes.length) return false;
    let there = at;
    return this.#each(from, to, (piece, start, end) => {
      const next = there + end - start;
      const isSame = piece.compare(bytes, there, next, start, end) === 0;
      there = next;
      return isSame;
    });
  }

  /** Until one says false; returns whether none did. */
  #each(from: number, to: number, look: (piece: Buffer, start: number, end: number) => boolean): boolean {
    for (let index = this.#pieceAt(from); index < this.#pieces.length; index += 1) {
      const piece = this.#pieces[index];
      const begin = this.#starts[index] ?? 0;
      if (piece === undefined || begin >= to) return true;
      const [start, end] = [Math.max(0, from - begin), Math.min(piece.length, to - begin)];
      if (end > start && !look(piece, start, end)) return false;
    }
    return true;
  }

  #pieceAt(at: number): number {
    let low = 0;
    for (let high = this.#starts.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Bytes in memory of their own: what lies in somebody's larger memory would hold all of that. */
export function ownCopy(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(Math.max(0, to - from));
  bytes.copy(copy, 0, from, to);
  return copy;
}
