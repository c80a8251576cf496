import { createHash } from 'node:crypto';
import { seededRandom } from '../../stats/seeded-random.ts';

/** Choices of a generator; the same key makes the same ones. */
export interface TaskDraw {
  /** Both ends included. */
  int(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** Some of them, each once, in any order. */
  some<Item>(items: readonly Item[], count: number): readonly Item[];
  /** A word that nobody has used. */
  word(): string;
}

const HEADS = ['bra', 'del', 'fo', 'gri', 'ka', 'lu', 'mo', 'ne', 'pla', 'ro', 'sti', 'tor', 'va', 'wen', 'zu'];
const TAILS = ['ba', 'dor', 'fin', 'gel', 'kip', 'lam', 'mor', 'nix', 'pon', 'ras', 'sel', 'tam', 'vit'];

export function createDraw(key: string): TaskDraw {
  const random = seededRandom(createHash('sha256').update(key).digest().readUInt32LE(0));
  const int = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[int(0, items.length - 1)];
    if (item === undefined) throw new TypeError('There is nothing to choose from');
    return item;
  };
  return {
    int,
    pick,
    some: (items, count) => {
      const left = [...items];
      return Array.from({ length: Math.min(count, left.length) }, () => left.splice(int(0, left.length - 1), 1)).flat();
    },
    word: () => `${pick(HEADS)}${pick(TAILS)}${int(0, 2) === 0 ? pick(TAILS) : ''}`,
  };
}

/** As many different words. */
export function differentWords(draw: TaskDraw, count: number): readonly string[] {
  const words = new Set<string>();
  while (words.size < count) words.add(draw.word());
  return [...words];
}
