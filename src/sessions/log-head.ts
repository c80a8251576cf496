import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { Row } from './fields.ts';
import { createImportTally, type LogHead } from './importer.ts';
import { parseRow, readRows } from './read-rows.ts';
import { createSeenCalls } from './seen-calls.ts';

const HEAD_BYTES = 256 * 1024;
const HEAD_ROWS = 20;
/** Enough for most logs to be told by, where there is only one client whose they may be. */
export const SHORT_HEAD_BYTES: number = 16 * 1024;
/** For files that their first rows do not name: a pasted image or many snapshots may stand in front. */
const LONG_HEAD_BYTES = 4 * 1024 * 1024;
const LONG_HEAD_ROWS = 500;
/** Of rows so small that the first 500 are less than that. */
const MOST_HEAD_ROWS = 20_000;

/** The first 256 kB of a file, or fewer bytes, and the whole rows in it, at most 20. */
export async function readLogHead(path: string, bytes: number = HEAD_BYTES): Promise<LogHead> {
  const text = await headText(path, bytes);
  const lines = text.replace(/^\u{feff}/u, '').split('\n', HEAD_ROWS + 1);
  const rows = lines
    .slice(0, HEAD_ROWS)
    .map((line) => parseRow(line.trim()))
    .filter((row) => row !== undefined);
  return { path, text, rows };
}

/** The first 4 MB of a file, and its first 500 rows whatever their size; more of them where they are small. */
export async function readLongLogHead(path: string): Promise<LogHead> {
  const text = await headText(path, LONG_HEAD_BYTES);
  const rows: Row[] = [];
  if (/\.jsonl(?:\.gz)?$/u.test(path)) {
    const tally = createImportTally();
    for await (const item of readRows(path, { seen: createSeenCalls(), tally })) {
      if (item.kind === 'row') rows.push(item.row);
      const isLong = tally.byteCount >= LONG_HEAD_BYTES || item.lineNumber >= MOST_HEAD_ROWS;
      if (isLong && item.lineNumber >= LONG_HEAD_ROWS) break;
    }
  }
  return { path, text, rows };
}

async function headText(path: string, maxBytes: number): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    const head = buffer.subarray(0, bytesRead);
    if (path.endsWith('.gz')) return (await gunzipHead(head)).toString('utf8');
    return head[0] === 0xff && head[1] === 0xfe ? head.subarray(2).toString('utf16le') : head.toString('utf8');
  } catch {
    return '';
  }
}

/** Unpacks as much of a cut gzip stream as there is. */
function gunzipHead(head: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const gunzip = createGunzip();
    const done = (): void => resolve(Buffer.concat(chunks).subarray(0, HEAD_BYTES * 8));
    gunzip.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > HEAD_BYTES * 8) {
        gunzip.destroy();
        done();
      }
    });
    gunzip.on('end', done);
    gunzip.on('error', done);
    gunzip.end(head);
  });
}
