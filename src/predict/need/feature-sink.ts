/** Sparse features of a step: hashes, each once in its group, in the order of the groups, and where each group ends. */
export interface NeedFeatures {
  readonly hashes: Int32Array;
  /** Index into `hashes` behind the last of each group. */
  readonly ends: readonly number[];
}

/** Hash of a short text, 32 bits, by FNV-1a. */
export function featureHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** More features of one step than this are left out. */
const MOST = 6000;
const SEEN_SIZE = 16_384;
/**
 * One set of tables for all sinks, as reading never stops half-way: the hashes of the step being read, and which of them its
 * group has, by open addressing.
 */
const collected = new Int32Array(MOST);
const seen = new Int32Array(SEEN_SIZE);
const stamps = new Uint32Array(SEEN_SIZE);
let stamp = 0;

/** Collects the distinct features of each group. Only one may be in use at a time. */
export class FeatureSink {
  #count = 0;
  readonly #ends: number[] = [];
  readonly #groupCount: number;

  constructor(groupCount: number) {
    this.#groupCount = groupCount;
  }

  /** Starts a group; those before it are closed. */
  begin(group: number): void {
    while (this.#ends.length < group) this.#ends.push(this.#count);
    stamp = (stamp + 1) >>> 0;
    if (stamp === 0) stamps.fill(0);
  }

  /** A feature of a family (`seed`) with up to three hashed things in it. */
  add(seed: number, first: number, second = 0, third = 0): void {
    let hash = Math.imul(seed ^ first, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ third, 0xc2b2ae35);
    this.#count = put(hash, this.#count);
  }

  /** Letter runs of three to five over word borders; of one to three in scripts without spaces. */
  addLetters(seed: number, text: string): void {
    let count = this.#count;
    const length = text.length;
    for (let start = 0; start < length; start += 1) {
      const isWide = text.charCodeAt(start) >= 0x2e80;
      const end = Math.min(length, start + (isWide ? 3 : 5));
      const least = Math.min(length, start + (isWide ? 0 : 2));
      let hash = Math.imul(0x811c9dc5 ^ seed, 0x01000193);
      for (let at = start; at < end; at += 1) {
        hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
        if (at >= least) count = put(hash, count);
      }
    }
    this.#count = count;
  }

  done(): NeedFeatures {
    this.begin(this.#groupCount);
    return { hashes: collected.slice(0, this.#count), ends: this.#ends };
  }
}

function put(hash: number, count: number): number {
  const first = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const mixed = (first ^ (first >>> 13)) | 0;
  let at = mixed & (SEEN_SIZE - 1);
  while (stamps[at] === stamp) {
    if (seen[at] === mixed) return count;
    at = (at + 1) & (SEEN_SIZE - 1);
  }
  if (count === MOST) return count;
  stamps[at] = stamp;
  seen[at] = mixed;
  collected[count] = mixed;
  return count + 1;
}
