import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { Row } from './fields.ts';
import { parseRow } from './read-rows.ts';

const HEAD_BYTES = 256 * 1024;

/** The whole rows within the first 256 kB of a JSON-lines file, at most `maxRows`; none when it cannot be read. */
export async function headRows(path: string, maxRows = 20): Promise<readonly Row[]> {
  const text = await headText(path);
  const lines = text.replace(/^\u{feff}/u, '').split('\n', maxRows + 1);
  return lines
    .slice(0, maxRows)
    .map((line) => parseRow(line.trim()))
    .filter((row) => row !== undefined);
}

/** The first 256 kB of a file as text, unpacked when gzipped; empty when it cannot be read. */
export async function headText(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
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
