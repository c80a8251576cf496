import { seededRandom } from '../../src/stats/seeded-random.ts';

/** Draws for generated cases: the same seed gives the same cases on every machine. */
export interface Draw {
  oneOf<Item>(items: readonly Item[]): Item;
  /** Each item by itself, with this chance. */
  someOf<Item>(items: readonly Item[], ratio?: number): readonly Item[];
  below(count: number): number;
  word(): string;
}

export function createDraw(seed: number): Draw {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  return {
    below,
    oneOf: (items) => {
      const item = items[below(items.length)];
      if (item === undefined && items.length === 0) throw new RangeError('There is nothing to draw from.');
      return item as (typeof items)[number];
    },
    someOf: (items, ratio = 0.5) => items.filter(() => random() < ratio),
    word: () => Math.floor(random() * 36 ** 6).toString(36),
  };
}
