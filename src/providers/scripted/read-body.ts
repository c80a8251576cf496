import type { IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { PointsmanError } from '../../domain/errors.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/**
 * A request's body as JSON, unpacked where the client packed it.
 * @throws PointsmanError `request-invalid` when it is too large or no JSON.
 */
export async function readJsonBody(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new PointsmanError('request-invalid', 'The request is larger than 64 MiB');
    chunks.push(chunk);
  }
  const decode = DECODERS[incoming.headers['content-encoding'] ?? ''];
  try {
    const body = Buffer.concat(chunks);
    return JSON.parse((decode?.(body) ?? body).toString('utf8'));
  } catch (cause) {
    throw new PointsmanError('request-invalid', 'The request body is not JSON', { cause });
  }
}
