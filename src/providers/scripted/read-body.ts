import type { IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { PointsmanError } from '../../domain/errors.ts';
import type { ArrivedCall } from './scripted-cloud.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/**
 * A request as it came, read whole.
 * @throws PointsmanError `request-invalid` when it is too large
 */
export async function arrivedCall(incoming: IncomingMessage): Promise<ArrivedCall> {
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body: await readBytes(incoming),
  };
}

async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new PointsmanError('request-invalid', 'The request is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * A request's body as JSON, unpacked where the client packed it.
 * @throws PointsmanError `request-invalid` when it is no JSON
 */
export function parseJsonBody(body: Buffer, encoding = ''): unknown {
  try {
    return JSON.parse((DECODERS[encoding]?.(body) ?? body).toString('utf8'));
  } catch (cause) {
    throw new PointsmanError('request-invalid', 'The request body is not JSON', { cause });
  }
}
