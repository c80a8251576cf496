import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { asRow, type Row } from './fields.ts';
import { countUnreadable, type ImportOptions } from './importer.ts';

/** One row of a JSON-lines file, or why it was lost. */
export type RowOrLoss =
  | { readonly kind: 'row'; readonly row: Row; readonly lineNumber: number }
  | { readonly kind: 'malformed' | 'oversized'; readonly lineNumber: number };

const DEFAULT_MAX_ROW_BYTES = 32 * 1024 * 1024;
const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;

/**
 * Streams a JSON-lines file, gzipped when its name ends in `.gz`, UTF-8 or UTF-16 with a byte-order mark. Holds one line at
 * a time and of a line that is too long nothing. A file that breaks off gives what came before, and an entry in the tally.
 */
export async function* readRows(path: string, options: ImportOptions): AsyncGenerator<RowOrLoss> {
  options.tally.fileCount += 1;
  let lineNumber = 0;
  try {
    for await (const line of splitLines(openStream(path, options), options.maxRowBytes ?? DEFAULT_MAX_ROW_BYTES)) {
      lineNumber += 1;
      if (line === undefined) {
        yield { kind: 'oversized', lineNumber };
        continue;
      }
      const text = line.trim();
      if (text === '') continue;
      const row = parseRow(text);
      yield row === undefined ? { kind: 'malformed', lineNumber } : { kind: 'row', row, lineNumber };
    }
  } catch (thrown) {
    if (options.signal?.aborted === true) throw thrown;
    countUnreadable(options.tally, path, thrown);
  }
}

export function parseRow(text: string): Row | undefined {
  try {
    return asRow(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function openStream(path: string, options: ImportOptions): AsyncIterable<Buffer> {
  const file = createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  file.on('data', (chunk) => {
    options.tally.byteCount += chunk.length;
    options.onProgress?.(chunk.length);
  });
  if (!path.endsWith('.gz')) return file as AsyncIterable<Buffer>;
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  return file.pipe(gunzip) as Readable & AsyncIterable<Buffer>;
}

/** Lines as text; `undefined` for a line over the limit, whose bytes are dropped as they arrive. */
async function* splitLines(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let byteCount = 0;
  let tooLong = false;
  let decode = decodeUtf8;
  let isFirst = true;
  for await (const raw of stream) {
    let chunk = raw;
    if (isFirst) {
      isFirst = false;
      if (chunk[0] === 0xff && chunk[1] === 0xfe) decode = decodeUtf16;
      else if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3);
    }
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const tail = chunk.subarray(start, end);
      const over = tooLong || byteCount + tail.length > maxBytes;
      yield over ? undefined : decode(parts.length === 0 ? tail : Buffer.concat([...parts, tail]));
      parts = [];
      byteCount = 0;
      tooLong = false;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    byteCount += rest.length;
    if (tooLong || byteCount > maxBytes) {
      tooLong = true;
      parts = [];
    } else if (rest.length > 0) parts.push(rest);
  }
  if (tooLong) yield undefined;
  else if (byteCount > 0) yield decode(Buffer.concat(parts));
}

function decodeUtf8(bytes: Buffer): string {
  return bytes.toString('utf8');
}

/** Drops NUL halves: JSON's own characters are ASCII, and a line cut between two bytes stays aligned this way. */
function decodeUtf16(bytes: Buffer): string {
  const body = bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.subarray(2) : bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return body.subarray(0, body.length - (body.length % 2)).toString('utf16le');
}
