import { createReadStream, promises as fs } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PointsmanError } from '../../domain/errors.ts';
import { confinePath } from '../confine-path.ts';
import { boundedLines, boundedList, linesOf, type LineRange, MAX_RESULT_BYTES } from './bounded-lines.ts';
import { existing, MAX_FILE_BYTES } from './change-files.ts';
import { decodeText } from './file-text.ts';
import { walkWorkspace, type WalkOptions } from './walk-files.ts';

/** A text file, or some of its lines. */
export async function readFile(root: string, named: string, range: LineRange): Promise<string> {
  const file = confinePath(root, named);
  const stat = await existing(file, named);
  if (stat.isDirectory()) {
    throw new PointsmanError('request-invalid', `${named} is a folder`, { hint: 'list_directory lists it.' });
  }
  if (!stat.isFile()) throw new PointsmanError('request-invalid', `${named} is no file`);
  if (stat.size > MAX_FILE_BYTES) return hugeLines(file, range);
  const decoded = decodeText(await fs.readFile(file));
  if (decoded === undefined) return `[${named} is binary: ${stat.size} bytes. read_media_file shows images.]`;
  return boundedLines(decoded.text, range);
}

/** The last lines. */
export async function readTail(root: string, named: string, count: number): Promise<string> {
  const whole = decodeText(await fs.readFile(confinePath(root, named)))?.text ?? '';
  const lineCount = linesOf(whole).length;
  return boundedLines(whole, { offset: Math.max(1, lineCount - count + 1), limit: count });
}

/** Read as a stream, up to what is asked for. */
async function hugeLines(file: string, { offset, limit }: LineRange): Promise<string> {
  const stream = createReadStream(file);
  const shown: string[] = [];
  let line = 0;
  let byteCount = 0;
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      line += 1;
      if (line < offset) continue;
      byteCount += Buffer.byteLength(text) + 1;
      if (byteCount > MAX_RESULT_BYTES || (limit !== undefined && shown.length === limit)) break;
      shown.push(text);
    }
  } finally {
    stream.destroy();
  }
  const first = offset + shown.length;
  return `${shown.join('\n')}\n[… lines ${offset} to ${first - 1} of a very large file; go on with "offset": ${first} …]`;
}

/** One folder: `[DIR]` and `[FILE]` before each name. */
export async function listFolder(root: string, named: string): Promise<string> {
  const folder = confinePath(root, named);
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

export async function fileInfo(root: string, named: string): Promise<string> {
  const stat = await existing(confinePath(root, named), named);
  const kind = stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other';
  const mode = (stat.mode & 0o777).toString(8);
  return `kind: ${kind}\nbytes: ${stat.size}\nmode: ${mode}\nmodified: ${stat.mtime.toISOString()}`;
}
