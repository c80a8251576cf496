import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';

/** Bytes as text: brotli, then base64. */
export function packBytes(bytes: Int8Array | Uint8Array): string {
  return brotliCompressSync(bytes).toString('base64');
}

export function unpackBytes(text: string): Int8Array {
  const bytes = brotliDecompressSync(Buffer.from(text, 'base64'));
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
