import { promises as fs } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { confinePath } from '../confine-path.ts';
import { boundedList } from './bounded-lines.ts';
import { decodeText } from './file-text.ts';
import { globSource, withoutBraces } from './glob-source.ts';
import { walkWorkspace, type WalkOptions } from './walk-files.ts';

const MAX_FOUND = 500;
/** A file past this is data, and is not looked into. */
const MAX_SEARCHED_BYTES = 4 * 1024 * 1024;
const MAX_LINE = 400;

/** Files and folders whose name or path is as a glob says; one without a slash is for names in any folder. */
export async function findFiles(root: string, named: string, pattern: string, options: WalkOptions): Promise<string> {
  const start = confinePath(root, named);
  const matches = globOf(pattern);
  const found: string[] = [];
  for await (const { relative, isFolder } of walkWorkspace(root, start, options)) {
    if (!matches(relative)) continue;
    found.push(`${path.join(start, relative)}${isFolder ? path.sep : ''}`);
    if (found.length > MAX_FOUND) break;
  }
  if (found.length === 0) return 'No matches found';
  const isMore = found.length > MAX_FOUND;
  return boundedList(found.slice(0, MAX_FOUND), 'name a folder below, or a narrower pattern', isMore);
}

/** Names that begin with a dot are as others. @throws PointsmanError `request-invalid` */
function globOf(pattern: string): (relative: string) => boolean {
  const plain = pattern.replace(/^\.?\//u, '').replace(/\/$/u, '');
  const sources = withoutBraces(plain.includes('/') ? plain : `**/${plain}`).map(globSource);
  try {
    const whole = new RegExp(`^(?:${sources.join('|')})$`, 'su');
    return (relative) => whole.test(relative);
  } catch (thrown) {
    throw new PointsmanError('request-invalid', `"${pattern.slice(0, 200)}" is no glob`, { cause: thrown });
  }
}

export interface TextSearch extends WalkOptions {
  /** A regular expression of JavaScript, for each line by itself. */
  readonly pattern: string;
  /** Only files whose path is as this glob says. */
  readonly glob: string | undefined;
  readonly ignoreCase: boolean;
  /** Lines around each that are shown, too. */
  readonly context: number;
}

/** Lines that hold a pattern, as `path:line: text`. Binary files, very large ones and ignored ones are passed over. */
export async function searchText(root: string, named: string, search: TextSearch): Promise<string> {
  const start = confinePath(root, named);
  const pattern = compiled(search);
  const matches = search.glob === undefined ? undefined : globOf(search.glob);
  const found: string[] = [];
  let matchCount = 0;
  for await (const relative of filesFrom(root, start, search)) {
    if (matches?.(relative) === false) continue;
    const lines = await linesOf(path.join(start, relative));
    const hits = lines.flatMap((line, index) => (pattern.test(line) ? [index] : []));
    if (hits.length === 0) continue;
    const shown = path.relative(root, path.join(start, relative));
    for (const index of around(hits.slice(0, MAX_FOUND - matchCount), search.context, lines.length)) {
      found.push(`${shown}:${index + 1}: ${clipped(lines[index] ?? '')}`);
    }
    matchCount += hits.length;
    if (matchCount >= MAX_FOUND) break;
  }
  if (found.length === 0) return 'No line matches.';
  return boundedList(found, 'narrow it with "path" or "glob"', matchCount >= MAX_FOUND);
}

function compiled({ pattern, ignoreCase }: TextSearch): RegExp {
  const flags = ignoreCase ? 'i' : '';
  try {
    return new RegExp(pattern, `${flags}u`);
  } catch {
    // Stricter with `u`: an escape that means nothing is no fault without it.
  }
  try {
    return new RegExp(pattern, flags);
  } catch (thrown) {
    throw new PointsmanError('request-invalid', `"${pattern.slice(0, 200)}" is no regular expression`, {
      hint: (thrown as Error).message,
      cause: thrown,
    });
  }
}

async function* filesFrom(root: string, start: string, options: WalkOptions): AsyncGenerator<string> {
  const stat = await fs.stat(start).catch(() => undefined);
  if (stat?.isFile() === true) yield '';
  for await (const { relative, isFolder } of walkWorkspace(root, start, options)) if (!isFolder) yield relative;
}

async function linesOf(file: string): Promise<readonly string[]> {
  const stat = await fs.lstat(file).catch(() => undefined);
  if (stat?.isFile() !== true || stat.size > MAX_SEARCHED_BYTES) return [];
  const bytes = await fs.readFile(file).catch(() => undefined);
  const decoded = bytes === undefined ? undefined : decodeText(bytes);
  return decoded === undefined ? [] : decoded.text.split(/\r\n|\r|\n/u);
}

function around(hits: readonly number[], context: number, lineCount: number): readonly number[] {
  const shown = new Set(
    hits.flatMap((hit) => Array.from({ length: 2 * context + 1 }, (_one, index) => hit - context + index)),
  );
  return [...shown].filter((index) => index >= 0 && index < lineCount).sort((a, b) => a - b);
}

function clipped(line: string): string {
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)} … (${line.length} characters)`;
}
