/** Four weights of a byte each stand in one number, so that one addition of its halves adds two of them. */
const LANES = 4;
const HALVES = 0x00_ff_00_ff;
/** A weight is kept as this much more than it is: no lane ever borrows from its neighbour. */
const OFFSET = 128;
/** So many bytes fit into a lane of sixteen bits. */
const MOST_ADDED = 256;

/**
 * Sums rows of weights: the first `count` whose numbers stand in `chosen`. The sums, an output each, are valid until the next
 * call.
 */
export type SumRows = (chosen: Int32Array, count: number) => Int32Array;

/** @param rows a row of `outputCount` weights after another */
export function openWeightRows(rows: Int8Array, outputCount: number): SumRows {
  const words = Math.ceil(outputCount / LANES);
  const packed = packRows(rows, outputCount, words);
  const sums = new Int32Array(words * LANES);
  return (chosen, count) => {
    sums.fill(-OFFSET * count);
    for (let from = 0; from < count; from += MOST_ADDED) {
      const to = Math.min(count, from + MOST_ADDED);
      // One word of all rows after another: its lanes then stay in registers.
      for (let word = 0; word < words; word += 1) {
        let even = 0;
        let odd = 0;
        for (let at = from; at < to; at += 1) {
          const four = packed[(chosen[at] ?? 0) * words + word] ?? 0;
          even = (even + (four & HALVES)) | 0;
          odd = (odd + ((four >>> 8) & HALVES)) | 0;
        }
        const first = LANES * word;
        sums[first] = (sums[first] ?? 0) + (even & 0xffff);
        sums[first + 1] = (sums[first + 1] ?? 0) + (odd & 0xffff);
        sums[first + 2] = (sums[first + 2] ?? 0) + (even >>> 16);
        sums[first + 3] = (sums[first + 3] ?? 0) + (odd >>> 16);
      }
    }
    return sums;
  };
}

function packRows(rows: Int8Array, outputCount: number, words: number): Int32Array {
  const packed = new Int32Array((rows.length / outputCount) * words);
  for (let from = 0, at = 0; from < rows.length; from += outputCount, at += words) {
    for (let output = 0; output < outputCount; output += 1) {
      const word = at + (output >> 2);
      packed[word] = (packed[word] ?? 0) | (((rows[from + output] ?? 0) + OFFSET) << (8 * (output & 3)));
    }
  }
  return packed;
}
