import { hashText } from './hash-text.ts';

/** Which calls a run of imports has met. Keeps 53-bit hashes, not ids, so that a million calls stay small. */
export interface SeenCalls {
  /** True the first time a key is met. */
  add(key: string): boolean;
  has(key: string): boolean;
  readonly size: number;
}

export function createSeenCalls(): SeenCalls {
  const keys = new Set<number>();
  return {
    add(key) {
      const before = keys.size;
      return keys.add(hashText(key)).size > before;
    },
    has: (key) => keys.has(hashText(key)),
    get size() {
      return keys.size;
    },
  };
}
