/** Enough for five steps of eight models; a larger problem takes further blocks. */
const BLOCK_BYTES = 16 * 1024;
const ALIGN_BYTES = 8;

/**
 * Zeroed room for the many small tables of one problem, cut from a few blocks of memory: a block of its own for each table
 * costs more than filling it.
 */
export class NumberRoom {
  private block = new ArrayBuffer(BLOCK_BYTES);
  private usedBytes = 0;

  floats(count: number): Float64Array {
    return new Float64Array(this.block, this.take(count * Float64Array.BYTES_PER_ELEMENT), count);
  }

  flags(count: number): Uint8Array {
    return new Uint8Array(this.block, this.take(count), count);
  }

  /** One number per item. */
  floatsOf<Item>(items: readonly Item[], read: (item: Item) => number): Float64Array {
    const numbers = this.floats(items.length);
    for (let index = 0; index < items.length; index += 1) numbers[index] = read(items[index] as Item);
    return numbers;
  }

  /** Where the bytes begin in `block`, which is a new one if they would not fit. */
  private take(byteCount: number): number {
    const room = Math.ceil(byteCount / ALIGN_BYTES) * ALIGN_BYTES;
    if (this.usedBytes + room > this.block.byteLength) {
      this.block = new ArrayBuffer(Math.max(BLOCK_BYTES, room));
      this.usedBytes = 0;
    }
    const start = this.usedBytes;
    this.usedBytes += room;
    return start;
  }
}
