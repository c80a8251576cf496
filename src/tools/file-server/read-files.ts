import { createReadStream, promises as fs, type Stats } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { confinePath, confineReading, type ReadRoot } from '../confine-path.ts';
import { boundedLines, boundedList, linesOf, type LineRange, MAX_RESULT_BYTES } from './bounded-lines.ts';
import { existing, MAX_FILE_BYTES } from './change-files.ts';
import { decodeText } from './file-text.ts';
import { walkWorkspace, type WalkOptions } from './walk-files.ts';

/** A text file, or some of its lines. */
export async function readFile(root: ReadRoot, named: string, range: LineRange): Promise<string> {
  const { file, stat } = await regularFile(root, named);
  if (stat.size > MAX_FILE_BYTES) return hugeLines(file, range);
  const decoded = decodeText(await fs.readFile(file));
  return decoded === undefined ? binary(named, stat) : boundedLines(decoded.text, range);
}

/** A pipe would be waited for, for ever. @throws PointsmanError `not-found`, `request-invalid` */
export async function regularFile(
  root: ReadRoot,
  named: string,
): Promise<{ readonly file: string; readonly stat: Stats }> {
  const file = confineReading(root, named);
  const stat = await existing(file, named);
  if (stat.isDirectory()) {
    throw new PointsmanError('request-invalid', `${named} is a folder`, { hint: 'list_directory lists it.' });
  }
  if (!stat.isFile()) throw new PointsmanError('request-invalid', `${named} is no file`);
  return { file, stat };
}

function binary(named: string, { size }: Stats): string {
  return `[${named} is binary: ${size} bytes. read_media_file shows images.]`;
}

/** The last lines. */
export async function readTail(root: ReadRoot, named: string, count: number): Promise<string> {
  const { file, stat } = await regularFile(root, named);
  if (stat.size > MAX_FILE_BYTES) {
    throw new PointsmanError('request-invalid', `${named} has ${stat.size} bytes`, {
      hint: 'Read it from an "offset".',
    });
  }
  const whole = decodeText(await fs.readFile(file))?.text;
  if (whole === undefined) return binary(named, stat);
  const lineCount = linesOf(whole).length;
  return boundedLines(whole, { offset: Math.max(1, lineCount - count + 1), limit: count });
}

/** Read as a stream, up to what is asked for: neither the file nor one of its lines is held whole. */
async function hugeLines(file: string, { offset, limit }: LineRange): Promise<string> {
  const { bytes, isEnd } = await bytesOfLines(file, { offset, limit });
  const whole = bytes.subarray(0, isEnd ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1);
  const shown = (whole.length > 0 ? whole : bytes).toString('utf8');
  const last = offset + Math.max(1, linesOf(shown).length) - 1;
  if (bytes.length === 0) return `[… no line at ${offset}: the file ends before it …]`;
  const what = whole.length > 0 ? `lines ${offset} to ${last}` : `the beginning of line ${offset}`;
  return `${shown}${shown.endsWith('\n') ? '' : '\n'}[… ${what} of a very large file; ${isEnd ? 'it ends here' : `go on with "offset": ${last + 1}`} …]`;
}

const NEWLINE = 10;

async function bytesOfLines(
  file: string,
  { offset, limit = Number.POSITIVE_INFINITY }: LineRange,
): Promise<{ readonly bytes: Buffer; readonly isEnd: boolean }> {
  const parts: Buffer[] = [];
  let line = 1;
  let byteCount = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length;) {
      const end = chunk.indexOf(NEWLINE, from);
      const to = end === -1 ? chunk.length : end + 1;
      if (line >= offset) {
        const piece = chunk.subarray(from, Math.min(to, from + MAX_RESULT_BYTES - byteCount));
        parts.push(piece);
        byteCount += piece.length;
      }
      if (end !== -1) line += 1;
      from = to;
      if (byteCount >= MAX_RESULT_BYTES || line >= offset + limit) return { bytes: Buffer.concat(parts), isEnd: false };
    }
  }
  return { bytes: Buffer.concat(parts), isEnd: true };
}

/** One folder: `[DIR]` and `[FILE]` before each name. */
export async function listFolder(root: ReadRoot, named: string): Promise<string> {
  const folder = confineReading(root, named);
  if (!(await existing(folder, named)).isDirectory()) {
    throw new PointsmanError('request-invalid', `${named} is a file`, { hint: 'read_text_file reads it.' });
  }
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const lines = entries.map((entry) => `${entry.isDirectory() ? '[DIR]' : '[FILE]'} ${entry.name}`).sort();
  return lines.length === 0 ? 'The folder is empty.' : boundedList(lines, 'search_files finds the others');
}

export interface TreeOptions extends WalkOptions {
  readonly depth: number | undefined;
}

const MAX_TREE_ENTRIES = 1500;
const MAX_WALKED = 500_000;

/** What lies below a folder, a line each, folders with a slash; the deepest levels are counted when there is too much. */
export async function treeOf(root: string, named: string, options: TreeOptions): Promise<string> {
  const folder = confinePath(root, named);
  if (!(await existing(folder, named)).isDirectory()) {
    throw new PointsmanError('request-invalid', `${named} is a file`, { hint: 'read_text_file reads it.' });
  }
  const shown: { readonly relative: string; readonly isFolder: boolean }[] = [];
  const hidden = new Map<string, number>();
  let walked = 0;
  for await (const entry of walkWorkspace(root, folder, options)) {
    walked += 1;
    if (walked > MAX_WALKED) break;
    const names = entry.relative.split('/');
    const isTooDeep = options.depth !== undefined && names.length > options.depth;
    if (!isTooDeep && shown.length < MAX_TREE_ENTRIES) shown.push(entry);
    else for (let depth = 0; depth < names.length; depth += 1) count(hidden, names.slice(0, depth).join('/'));
  }
  const lines = sorted(shown).map(({ relative, isFolder }) => {
    const more = hidden.get(relative);
    const indent = '  '.repeat(relative.split('/').length - 1);
    return `${indent}${path.posix.basename(relative)}${isFolder ? '/' : ''}${more === undefined ? '' : ` (${more} more)`}`;
  });
  const left = hidden.get('') ?? 0;
  if (lines.length === 0 && left === 0) return 'Nothing is there that is not ignored.';
  return boundedList(lines, `${left} more; look at a folder by itself, or with a smaller "depth"`, left > 0);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What a folder holds right behind it. */
function sorted<Entry extends { readonly relative: string }>(entries: readonly Entry[]): readonly Entry[] {
  const keyed = entries.map((entry) => ({ entry, key: entry.relative.replaceAll('/', '\0') }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ entry }) => entry);
}

export async function fileInfo(root: ReadRoot, named: string): Promise<string> {
  const stat = await existing(confineReading(root, named), named);
  const kind = stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other';
  const mode = (stat.mode & 0o777).toString(8);
  return `kind: ${kind}\nbytes: ${stat.size}\nmode: ${mode}\nmodified: ${stat.mtime.toISOString()}`;
}
