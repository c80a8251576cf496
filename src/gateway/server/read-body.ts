import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { refuse, type Refusal } from '../../wires/shared/errors/refusal.ts';
import type { ByteBudget } from '../core/byte-budget.ts';

export type BodyRead =
  | {
      readonly kind: 'read';
      readonly bytes: Buffer;
      /** Gives the bytes back to the budget of the process; to be called when the call is over. */
      readonly release: () => void;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

/** Of all bodies that are held at once. Whoever waits to unpack one holds nothing that others wait for. */
export interface BodyBudgets {
  /** As they came, packed, until they are unpacked. */
  readonly packed: ByteBudget;
  /** As they are read. */
  readonly plain: ByteBudget;
}

export interface BodyLimits {
  /** Of one body, on both sides of the packing. */
  readonly maxBytes: number;
  readonly budgets: BodyBudgets;
}

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const DECOMPRESS: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** No transcript packs better than this; what does is made to fill memory. Small bodies may pack as they like. */
const MAX_RATIO = 100;
const FREE_BYTES = 1024 * 1024;
const WAIT_MS = 10_000;

/**
 * Reads a request's whole body, unpacked. Every byte of it is counted against what the process may hold before it is held: a
 * body for which there is no room now is refused with a time to come again. Never throws.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyRead> {
  const { maxBytes, budgets } = limits;
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) return { kind: 'refused', refusal: tooLarge(maxBytes) };
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return readRaw(request, maxBytes, budgets.plain);
  const read = await readRaw(request, maxBytes, budgets.packed);
  if (read.kind !== 'read') return read;
  const budget = budgets.plain;
  const decompress = Object.hasOwn(DECOMPRESS, encoding) ? DECOMPRESS[encoding] : undefined;
  if (decompress === undefined) {
    read.release();
    return { kind: 'refused', refusal: refuse(415, 'invalid', `The content encoding "${encoding}" is not supported`) };
  }
  const most = Math.min(maxBytes, Math.max(FREE_BYTES, read.bytes.length * MAX_RATIO));
  if (!(await budget.take(most, WAIT_MS))) {
    read.release();
    return { kind: 'refused', refusal: noRoom() };
  }
  let heldBytes = most;
  try {
    const bytes = await decompress(read.bytes, { maxOutputLength: most });
    heldBytes = bytes.length;
    budget.giveBack(most - bytes.length);
    return { kind: 'read', bytes, release: once(() => budget.giveBack(heldBytes)) };
  } catch (thrown) {
    budget.giveBack(heldBytes);
    const isTooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    const refusal = isTooLarge ? tooLarge(most) : refuse(400, 'invalid', `The body is not valid ${encoding}`);
    return { kind: 'refused', refusal };
  } finally {
    read.release();
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

async function readRaw(request: IncomingMessage, maxBytes: number, budget: ByteBudget): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    const release = once(() => budget.giveBack(bytes));
    const end = (read: BodyRead): void => {
      if (isOver) return;
      isOver = true;
      if (read.kind !== 'read') release();
      resolve(read);
    };
    const giveUp = (refusal: Refusal): void => {
      request.removeAllListeners('data');
      request.resume();
      end({ kind: 'refused', refusal });
    };
    request.on('data', (chunk: Buffer) => {
      if (bytes + chunk.length > maxBytes) return giveUp(tooLarge(maxBytes));
      if (!budget.tryTake(chunk.length)) return giveUp(noRoom());
      bytes += chunk.length;
      chunks.push(chunk);
      return undefined;
    });
    request.on('end', () => {
      const [only] = chunks;
      const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      end({ kind: 'read', bytes: whole, release });
    });
    request.on('error', () => end({ kind: 'gone' }));
    request.on('close', () => end({ kind: 'gone' }));
  });
}

export function tooLarge(maxBytes: number): Refusal {
  return refuse(413, 'too-large', `The body is larger than ${maxBytes} bytes`, { connection: 'close' });
}

function noRoom(): Refusal {
  return refuse(503, 'overloaded', 'This gateway holds as many bodies as it may; send the request again.', {
    'retry-after': '1',
    'retry-after-ms': '1000',
    'x-should-retry': 'true',
    connection: 'close',
  });
}
