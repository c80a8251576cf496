import { hashText } from './hash-text.ts';

/** Which calls a run of imports has met. Keeps 53-bit hashes, not ids, so that a million calls take 16 to 32 MB. */
export interface SeenCalls {
  /** True the first time a key is met. */
  add(key: string): boolean;
  has(key: string): boolean;
  readonly size: number;
}

/** The same, asked by the hash of a key, for whoever has kept that in its place. */
export interface HashedCalls extends SeenCalls {
  addHash(hash: number): boolean;
  hasHash(hash: number): boolean;
}

const FIRST_CAPACITY = 1024;
const EMPTY = -1;

/** Hashes lie flat in a table that is at most half full: a set of numbers of the language takes four times as much. */
export function createSeenCalls(): HashedCalls {
  let table = new Float64Array(FIRST_CAPACITY).fill(EMPTY);
  let size = 0;

  function grow(): void {
    const before = table;
    table = new Float64Array(before.length * 2).fill(EMPTY);
    for (const hash of before) if (hash !== EMPTY) table[placeOf(table, hash)] = hash;
  }

  return {
    add(key) {
      return this.addHash(hashText(key));
    },
    has(key) {
      return this.hasHash(hashText(key));
    },
    addHash(hash) {
      const place = placeOf(table, hash);
      if (table[place] === hash) return false;
      table[place] = hash;
      size += 1;
      if (size * 2 > table.length) grow();
      return true;
    },
    hasHash(hash) {
      return table[placeOf(table, hash)] === hash;
    },
    get size() {
      return size;
    },
  };
}

/** Where a hash lies, or would. */
function placeOf(table: Float64Array, hash: number): number {
  let place = hash % table.length;
  while (table[place] !== hash && table[place] !== EMPTY) place = (place + 1) % table.length;
  return place;
}
