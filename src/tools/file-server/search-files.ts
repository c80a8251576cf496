import { lstatSync, promises as fs, readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createContext, Script } from 'node:vm';
import { PointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { confinePath } from '../confine-path.ts';
import { boundedList } from './bounded-lines.ts';
import { decodeText } from './file-text.ts';
import { globSource, withoutBraces } from './glob-source.ts';
import { requiredText } from './required-text.ts';
import { walkWorkspace, type WalkOptions } from './walk-files.ts';

const MAX_FOUND = 500;
/** A file past this is data, and is not looked into. */
const MAX_SEARCHED_BYTES = 4 * 1024 * 1024;
const MAX_LINE = 400;
/** A pattern that goes back over a line again and again would keep this process, and every later call, for ever. */
const MAX_MATCH_MS: Ms = 10_000;

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
  // Without `u`: a pattern with that is never handed to the engine that always comes to an end.
  const sources = withoutBraces(plain.includes('/') ? plain : `**/${plain}`).map(globSource);
  try {
    const whole = new RegExp(`^(?:${sources.join('|')})$`, 's');
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
export async function searchText(
  root: string,
  named: string,
  search: TextSearch,
  limitMs: Ms = MAX_MATCH_MS,
): Promise<string> {
  const start = confinePath(root, named);
  const pattern = compiled(search);
  const within = openTimeLimit(limitMs);
  const found: string[] = [];
  let matchCount = 0;
  for await (const texts of textsFrom(root, start, search)) {
    if (texts.length === 0) continue;
    const hits = within(() =>
      texts.map(({ lines }) => lines.flatMap((line, index) => (pattern.test(line) ? [index] : []))),
    );
    for (const [at, { relative, lines }] of texts.entries()) {
      const own = hits[at] ?? [];
      if (own.length === 0 || matchCount >= MAX_FOUND) continue;
      const shown = path.relative(root, path.join(start, relative));
      for (const index of around(own.slice(0, MAX_FOUND - matchCount), search.context, lines.length)) {
        found.push(`${shown}:${index + 1}: ${clipped(lines[index] ?? '')}`);
      }
      matchCount += own.length;
    }
    if (matchCount >= MAX_FOUND) break;
  }
  if (found.length === 0) return 'No line matches.';
  return boundedList(found, 'narrow it with "path" or "glob"', matchCount >= MAX_FOUND);
}

interface FileLines {
  readonly relative: string;
  readonly lines: readonly string[];
}

/** Others wait for no longer than reading so much takes. */
const MAX_TURN_BYTES = 1024 * 1024;
const MAX_TURN_FILES = 200;

/** The files that may hold a match, some at a time: one by one, what leads to each of them costs more than reading it. */
async function* textsFrom(root: string, start: string, search: TextSearch): AsyncGenerator<readonly FileLines[]> {
  const needed = search.ignoreCase ? '' : requiredText(search.pattern);
  let texts: FileLines[] = [];
  let byteCount = 0;
  let fileCount = 0;
  for await (const relative of filesFrom(root, start, search)) {
    const bytes = bytesOf(path.join(start, relative));
    if (bytes !== undefined && mayHold(bytes, needed)) texts.push({ relative, lines: linesOf(bytes) });
    byteCount += bytes?.length ?? 0;
    fileCount += 1;
    if (byteCount < MAX_TURN_BYTES && fileCount < MAX_TURN_FILES) continue;
    yield texts;
    [texts, byteCount, fileCount] = [[], 0, 0];
    await turn();
    search.signal.throwIfAborted();
  }
  yield texts;
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

/** Runs what one search does in a row, all of it together for no longer than a limit. @throws PointsmanError `request-invalid` */
function openTimeLimit(limitMs: Ms): <Result>(act: () => Result) => Result {
  const context: { act?: () => void } = {};
  createContext(context);
  const script = new Script('act()');
  let leftMs = limitMs;
  return <Result>(act: () => Result) => {
    const results: Result[] = [];
    context.act = () => {
      const begun = performance.now();
      results.push(act());
      leftMs -= performance.now() - begun;
    };
    try {
      script.runInContext(context, { timeout: Math.max(1, Math.ceil(leftMs)) });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown;
    }
    const [result] = results;
    if (result !== undefined) return result;
    throw new PointsmanError('request-invalid', 'The pattern takes too long on these lines', {
      hint: 'Give a simpler one, without a repetition inside another, or narrow it with "path" or "glob".',
    });
  };
}

async function* filesFrom(root: string, start: string, search: TextSearch): AsyncGenerator<string> {
  const matches = search.glob === undefined ? undefined : globOf(search.glob);
  const isWanted = (relative: string): boolean => matches?.(relative) !== false;
  const stat = await fs.stat(start).catch(() => undefined);
  if (stat?.isFile() === true && isWanted('')) yield '';
  for await (const { relative, isFolder } of walkWorkspace(root, start, search))
    if (!isFolder && isWanted(relative)) yield relative;
}

function bytesOf(file: string): Buffer | undefined {
  try {
    const stat = lstatSync(file, { throwIfNoEntry: false });
    return stat?.isFile() === true && stat.size <= MAX_SEARCHED_BYTES ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  }
}

/** Text of two bytes a character begins with a mark. */
function mayHold(bytes: Buffer, text: string): boolean {
  return text === '' || (bytes[0] ?? 0) >= 0xfe || bytes.includes(text, 0, 'latin1');
}

function linesOf(bytes: Buffer): readonly string[] {
  return decodeText(bytes)?.text.split(/\r\n|\r|\n/u) ?? [];
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
