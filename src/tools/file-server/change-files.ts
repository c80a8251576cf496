import { promises as fs, type Stats } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { confinePath } from '../confine-path.ts';
import { applyEdits, type TextEdit } from './edit-text.ts';
import { decodeText, encodeText, type DecodedFile, lineEndOf, withLineEnd } from './file-text.ts';

/** Past this a file is read in parts, and not edited. */
export const MAX_FILE_BYTES: number = 32 * 1024 * 1024;

/**
 * Writes a whole file, and the folders above it. One that is there keeps its encoding, its byte order mark and, where all of its
 * lines end in one way, that way.
 */
export async function writeFile(root: string, named: string, content: string): Promise<string> {
  const file = confinePath(root, named);
  const stat = await statOf(file);
  if (stat === undefined) {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, content, { flag: 'wx' });
    return `Wrote ${named} (new).`;
  }
  const before = await readText(file, named, stat);
  const text = before.text === '' ? content : withLineEnd(content, lineEndOf(before.text));
  await replaceBytes(file, encodeText({ ...before, text: withoutMark(text) }), stat);
  return `Wrote ${named}.`;
}

export async function editFile(
  root: string,
  named: string,
  edits: readonly TextEdit[],
  dryRun: boolean,
): Promise<string> {
  const file = confinePath(root, named);
  const stat = await existing(file, named);
  const before = await readText(file, named, stat);
  const edited = applyEdits(before.text, edits);
  if (edited.text === before.text) return `${named} holds that already; nothing was changed.`;
  if (!dryRun) await replaceBytes(file, encodeText({ ...before, text: edited.text }), stat);
  return `${dryRun ? 'Would change' : 'Changed'} ${named} at line ${placesText(edited.lines)}.\n${changedLines(edited.text, edited.lines)}`;
}

const AROUND = 3;
const MAX_SHOWN_PLACES = 10;
const MAX_NAMED_PLACES = 100;

/** As one says them: `3, 17 and 4 more`. */
export function placesText(lines: readonly number[]): string {
  const more = lines.length - MAX_NAMED_PLACES;
  return `${lines.slice(0, MAX_NAMED_PLACES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What stands at the places now, so that it need not be read again. */
export function changedLines(text: string, lines: readonly number[]): string {
  const all = text.split(/\r\n|\r|\n/u);
  const parts = lines.slice(0, MAX_SHOWN_PLACES).map((line) => {
    const from = Math.max(0, line - 1 - AROUND);
    return all
      .slice(from, line + AROUND)
      .map((one, index) => `${from + index + 1}: ${one.slice(0, 300)}`)
      .join('\n');
  });
  return parts.join('\n…\n');
}

export async function deleteFile(root: string, named: string): Promise<string> {
  const file = await linkItself(root, named);
  const stat = await fs.lstat(file).catch(() => undefined);
  if (stat === undefined) throw missing(named);
  if (stat.isDirectory()) {
    await fs.rmdir(file).catch((thrown: unknown) => {
      throw new PointsmanError('request-invalid', `${named} is a folder that is not empty`, {
        hint: 'Delete what is in it first.',
        cause: thrown,
      });
    });
  } else await fs.unlink(file);
  return `Deleted ${named}.`;
}

export async function moveFile(root: string, source: string, destination: string): Promise<string> {
  const from = await linkItself(root, source);
  const to = confinePath(root, destination);
  if ((await fs.lstat(from).catch(() => undefined)) === undefined) throw missing(source);
  if ((await fs.lstat(to).catch(() => undefined)) !== undefined) {
    throw new PointsmanError('request-invalid', `${destination} is there already`, {
      hint: 'Delete it first, or choose another name.',
    });
  }
  await fs.mkdir(path.dirname(to), { recursive: true });
  await fs.rename(from, to);
  return `Moved ${source} to ${destination}.`;
}

export async function createFolder(root: string, named: string): Promise<string> {
  await fs.mkdir(confinePath(root, named), { recursive: true });
  return `The folder ${named} is there.`;
}

/** A link is deleted or moved itself, not what it leads to: only the folder that it lies in must be inside. */
async function linkItself(root: string, named: string): Promise<string> {
  const absolute = path.resolve(root, named);
  const stat = await fs.lstat(absolute).catch(() => undefined);
  if (stat?.isSymbolicLink() !== true) return confinePath(root, named);
  return path.join(confinePath(root, path.dirname(absolute)), path.basename(absolute));
}

/** @throws PointsmanError `not-found` */
export async function existing(file: string, named: string): Promise<Stats> {
  const stat = await statOf(file);
  if (stat === undefined) throw missing(named);
  return stat;
}

function missing(named: string): PointsmanError {
  return new PointsmanError('not-found', `There is no ${named}`, { hint: 'search_files finds files by their names.' });
}

/** `undefined`: nothing is there. */
export async function statOf(file: string): Promise<Stats | undefined> {
  return fs.stat(file).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  });
}

/** @throws PointsmanError `request-invalid` for what is no text, or too large to be changed as text */
async function readText(file: string, named: string, stat: Stats): Promise<DecodedFile> {
  if (!stat.isFile()) throw new PointsmanError('request-invalid', `${named} is no file`, { hint: 'Name a file.' });
  if (stat.size > MAX_FILE_BYTES) throw leftAlone(named, `has ${stat.size} bytes`);
  const text = decodeText(await fs.readFile(file));
  if (text === undefined) throw leftAlone(named, 'is binary');
  return text;
}

export function leftAlone(named: string, why: string): PointsmanError {
  return new PointsmanError('request-invalid', `${named} ${why} and is left alone`, {
    hint: 'Make it anew with a program of the project, or ask for it to be changed by hand.',
  });
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/u, '');
}

const WRITABLE = 0o222;

/** @throws PointsmanError `request-invalid` */
export function checkWritable(stat: Stats): void {
  if ((stat.mode & WRITABLE) !== 0) return;
  throw new PointsmanError('request-invalid', 'The file may not be written: its mode says that it is read only', {
    hint: 'It is mostly made from another one: change that.',
  });
}

/** What a folder that is closed, or a file that is mounted or has a long name, answers. */
const BESIDE_REFUSED: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENAMETOOLONG',
  'EXDEV',
  'EBUSY',
  'EEXIST',
]);

/**
 * The file never holds half of it: what is written beside it takes its place, with its mode. Where that cannot be (it has
 * another name, another owner, or its folder is closed) it is written into.
 * @throws PointsmanError `request-invalid` for a file that may not be written
 */
export async function replaceBytes(file: string, bytes: Buffer, stat: Stats): Promise<void> {
  checkWritable(stat);
  if (stat.nlink > 1 || stat.uid !== process.getuid?.()) return fs.writeFile(file, bytes);
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    await fs.writeFile(beside, bytes, { flag: 'wx', mode: stat.mode });
    await fs.chmod(beside, stat.mode);
    await fs.rename(beside, file);
  } catch (thrown) {
    await fs.rm(beside, { force: true });
    // A disk that is full would leave nothing of the file.
    if (!BESIDE_REFUSED.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
    await fs.writeFile(file, bytes);
  }
}
