/** Enough for five steps of eight models; a larger problem takes further blocks. */
const BLOCK_BYTES = 8 * 1024;
const ALIGN_BYTES = 8;

/**
 * Zeroed room for the many small tables of one problem, cut from a few blocks of memory: a block of its own for each table
 * costs more than filling it.
 */
export class NumberRoom {
  private readonly blocks: Float64Array[] = [];
  private readonly blockBytes: number;
  private block = new ArrayBuffer(0);
  private usedBytes = 0;

  constructor(blockBytes: number = BLOCK_BYTES) {
    this.blockBytes = blockBytes;
  }

  floats(count: number): Float64Array {
    const start = this.take(count * Float64Array.BYTES_PER_ELEMENT);
    return new Float64Array(this.block, start, count);
  }

  flags(count: number): Uint8Array {
    const start = this.take(count);
    return new Uint8Array(this.block, start, count);
  }

  /** Every table that was cut from it is zero again. */
  clear(): void {
    for (const block of this.blocks) block.fill(0);
  }

  /** Where the bytes begin in `block`, which is a new one if they would not fit. */
  private take(byteCount: number): number {
    const room = Math.ceil(byteCount / ALIGN_BYTES) * ALIGN_BYTES;
    if (this.usedBytes + room > this.block.byteLength) {
      this.block = new ArrayBuffer(Math.max(Math.ceil(this.blockBytes / ALIGN_BYTES) * ALIGN_BYTES, room));
      this.blocks.push(new Float64Array(this.block));
      this.usedBytes = 0;
    }
    const start = this.usedBytes;
    this.usedBytes += room;
    return start;
  }
}
