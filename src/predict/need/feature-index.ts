/** Where the weights of a feature stand; −1: it has none. */
export type FeatureIndex = (hash: number) => number;

/** A table of hashes by open addressing, four times as large as what it holds. */
export function indexFeatures(hashes: Int32Array): FeatureIndex {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, hashes.length * 4)));
  const mask = size - 1;
  const keys = new Int32Array(size);
  const rows = new Int32Array(size).fill(-1);
  for (const [row, hash] of hashes.entries()) {
    let at = hash & mask;
    while (rows[at] !== -1) at = (at + 1) & mask;
    keys[at] = hash;
    rows[at] = row;
  }
  return (hash) => {
    let at = hash & mask;
    while (rows[at] !== -1) {
      if (keys[at] === hash) return rows[at] ?? -1;
      at = (at + 1) & mask;
    }
    return -1;
  };
}
