import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** Bytes as text: brotli, then base64. @param quality from 0, at once, to 11, seconds for megabytes and a fifth less of them */
export function packBytes(bytes: Int8Array | Uint8Array, quality = 11): string {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).toString('base64');
}

/** Ten times what the shipped reader has: what unpacks to more was made to fill the memory. */
const MOST_BYTES = 2 ** 25;

/** @throws Error where it is not packed bytes, or too many */
export function unpackBytes(text: string): Int8Array {
  const bytes = brotliDecompressSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES });
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
