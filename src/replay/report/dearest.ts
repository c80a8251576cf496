interface Costed {
  readonly costNanoUsd: number;
}

/** Keeps the dearest few of all that pass by; of two that cost the same the one that came first. */
export interface Dearest<Item extends Costed> {
  /** `make` is called only for what is kept for now. */
  offer(costNanoUsd: number, make: () => Item): void;
  /** Dearest first. */
  readonly list: () => readonly Item[];
}

/**
 * What one of these has kept, offered to another in the order in which it came, leaves there what the other would have kept of everything:
 * so several may sift, each its share.
 */
export function createDearest<Item extends Costed>(limit: number, onKept: (item: Item) => void): Dearest<Item> {
  let kept: Item[] = [];
  return {
    offer(costNanoUsd, make) {
      if (limit === 0 || (kept.length >= limit && costNanoUsd <= (kept.at(-1)?.costNanoUsd ?? 0))) return;
      const item = make();
      kept = [...kept, item].sort((a, b) => b.costNanoUsd - a.costNanoUsd).slice(0, limit);
      onKept(item);
    },
    list: () => kept,
  };
}
