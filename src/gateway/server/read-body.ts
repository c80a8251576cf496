import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { refuse, type Refusal } from '../../wires/shared/errors/refusal.ts';

export type BodyRead =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const DECOMPRESS: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** Reads a request's whole body, unpacked, within `maxBytes` on both sides of the packing. Never throws. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<BodyRead> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) return { kind: 'refused', refusal: tooLarge(maxBytes) };
  const read = await readRaw(request, maxBytes);
  const encoding = request.headers['content-encoding'];
  if (read.kind !== 'read' || encoding === undefined || encoding === 'identity') return read;
  const decompress = Object.hasOwn(DECOMPRESS, encoding) ? DECOMPRESS[encoding] : undefined;
  if (decompress === undefined) {
    return { kind: 'refused', refusal: refuse(415, 'invalid', `The content encoding "${encoding}" is not supported`) };
  }
  try {
    return { kind: 'read', bytes: await decompress(read.bytes, { maxOutputLength: maxBytes }) };
  } catch (thrown) {
    const isTooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    const refusal = isTooLarge ? tooLarge(maxBytes) : refuse(400, 'invalid', `The body is not valid ${encoding}`);
    return { kind: 'refused', refusal };
  }
}

async function readRaw(request: IncomingMessage, maxBytes: number): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.removeAllListeners('data');
        request.resume();
        resolve({ kind: 'refused', refusal: tooLarge(maxBytes) });
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      const [only] = chunks;
      resolve({ kind: 'read', bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
    });
    request.on('error', () => resolve({ kind: 'gone' }));
    request.on('close', () => resolve({ kind: 'gone' }));
  });
}

function tooLarge(maxBytes: number): Refusal {
  return refuse(413, 'too-large', `The body is larger than ${maxBytes} bytes`, { connection: 'close' });
}
