/** Bytes of a file that is written as base64, read where they are asked for: the rest is never decoded. */
export interface Base64Bytes {
  /** Of the whole file. */
  readonly length: number;
  /** Up to `count` bytes from `at`; fewer, or none, past the end. */
  read(at: number, count: number): Buffer;
}

/** @param start where the data begins in `text`, such as after the head of a `data:` URL */
export function base64Bytes(text: string, start = 0): Base64Bytes {
  const chars = text.length - start;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = Math.max(0, Math.floor((chars * 3) / 4) - padding);
  return {
    length,
    read(at, count) {
      if (at < 0 || at >= length || count <= 0) return EMPTY;
      const from = Math.floor(at / 3);
      const to = Math.ceil((at + count) / 3);
      const slice = Buffer.from(text.slice(start + from * 4, start + to * 4), 'base64');
      return slice.subarray(at - from * 3, at - from * 3 + count);
    },
  };
}

const EMPTY = Buffer.alloc(0);
