/** Where the weights of a feature stand; −1: it has none. */
export type FeatureIndex = (hash: number) => number;

/**
 * A table of hashes by open addressing, at least twice as large as what it holds. Each place is its row, counted from one,
 * and its hash beside it: looking up costs one line of the cache, and most features of a step are looked up in vain.
 */
export function indexFeatures(hashes: Int32Array): FeatureIndex {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, hashes.length * 2)));
  const mask = size - 1;
  const places = new Int32Array(2 * size);
  for (const [row, hash] of hashes.entries()) {
    let at = hash & mask;
    while (places[2 * at] !== 0) at = (at + 1) & mask;
    places[2 * at] = row + 1;
    places[2 * at + 1] = hash;
  }
  return (hash) => {
    let at = hash & mask;
    let row = places[2 * at] ?? 0;
    while (row !== 0) {
      if (places[2 * at + 1] === hash) return row - 1;
      at = (at + 1) & mask;
      row = places[2 * at] ?? 0;
    }
    return -1;
  };
}
