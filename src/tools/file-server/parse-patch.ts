import { PointsmanError } from '../../domain/errors.ts';

/** One place of a file: what stands there, and what is put there. */
export interface Hunk {
  /** Lines that stand somewhere above it, the outermost first: `@@ class A`, `@@ def f():`. */
  readonly heads: readonly string[];
  /** Where a unified diff says that it begins, from 1. */
  readonly line: number | undefined;
  /** `' '` stays, `'-'` goes, `'+'` comes; without line ends. */
  readonly lines: readonly { readonly mark: ' ' | '-' | '+'; readonly text: string }[];
  /** It is the end of the file. */
  readonly isEnd: boolean;
  /** Whether the file then ends with a line end; `undefined`: as before. */
  readonly endsWithLineEnd: boolean | undefined;
}

/** What a patch does to one file. Paths are as they are written. */
export type FilePatch =
  | { readonly kind: 'add'; readonly path: string; readonly text: string; readonly isProgram: boolean }
  | { readonly kind: 'delete'; readonly path: string; readonly hunks: readonly Hunk[] }
  | {
      readonly kind: 'update';
      readonly path: string;
      readonly moveTo: string | undefined;
      readonly hunks: readonly Hunk[];
    };

const BEGIN = /^\*\*\* Begin Patch\s*$/u;
const END = /^\*\*\* End Patch\s*$/u;

/**
 * Reads a patch in the form of OpenAI's `apply_patch` or as a unified diff, with or without git's headings, whatever shell
 * words or code fence stand around it. Pure.
 * @throws PointsmanError `request-invalid`
 */
export function parsePatch(text: string): readonly FilePatch[] {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r?\n/u);
  const begin = lines.findIndex((line) => BEGIN.test(line));
  if (begin === -1) return parseUnified(lines);
  const end = lines.findIndex((line, index) => index > begin && END.test(line));
  if (end === -1) throw broken('it has no line "*** End Patch", so it may have been cut');
  return parseSections(lines.slice(begin + 1, end));
}

/** Every file that a patch names, as it is written; none of what is no patch, which changes nothing. Pure. */
export function patchedPaths(text: string): readonly string[] {
  try {
    return parsePatch(text).flatMap((file) =>
      file.kind === 'update' && file.moveTo !== undefined ? [file.path, file.moveTo] : [file.path],
    );
  } catch {
    return [];
  }
}

/** All that a patch writes: what stands beside it stays as the file has it. Pure. */
export function writtenText(patch: string): string {
  const lines = patch.split('\n');
  return lines.filter((line) => line.startsWith('+') && !line.startsWith('+++ ')).join('\n');
}

// A lazy name before the blanks would be tried at every one of them: these are read in one go.
const HEADING = /^\*\*\* (Add|Delete|Update) File: (.*\S)\s*$/u;
const MOVE = /^\*\*\* Move to: (.*\S)\s*$/u;
const END_OF_FILE = /^\*\*\* End of File\s*$/u;

function parseSections(lines: readonly string[]): readonly FilePatch[] {
  const starts = lines.flatMap((line, index) => (HEADING.test(line) ? [index] : []));
  const [first = lines.length] = starts;
  const stray = lines.slice(0, first).find((line) => line.trim() !== '');
  if (stray !== undefined || starts.length === 0) {
    throw broken(`"${(stray ?? '').slice(0, 80)}" stands where a line such as "*** Update File: PATH" should`);
  }
  return starts.map((start, index) => parseSection(lines.slice(start, starts[index + 1])));
}

function parseSection([heading = '', ...body]: readonly string[]): FilePatch {
  const [, kind, path = ''] = HEADING.exec(heading) ?? [];
  if (kind === 'Delete') return { kind: 'delete', path, hunks: [] };
  if (kind === 'Add') return { kind: 'add', path, text: addedLines(path, body), isProgram: false };
  const moveTo = MOVE.exec(body[0] ?? '')?.[1];
  const hunks = hunksOf(moveTo === undefined ? body : body.slice(1), path);
  if (hunks.length === 0 && moveTo === undefined) throw broken(`it changes nothing in ${path}`);
  return { kind: 'update', path, moveTo, hunks };
}

function addedLines(path: string, body: readonly string[]): string {
  const lines = withoutBlankEnd(body).map((line) => {
    if (line !== '' && !line.startsWith('+')) {
      throw broken(`a line of the new file ${path} does not begin with "+"`);
    }
    return `${line.slice(1)}\n`;
  });
  return lines.join('');
}

interface OpenHunk {
  heads: string[];
  line: number | undefined;
  lines: { mark: ' ' | '-' | '+'; text: string }[];
  isEnd: boolean;
  endsWithLineEnd: boolean | undefined;
}

const RANGE = /^@@+ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@+(.*)$/u;

function hunksOf(body: readonly string[], path: string): readonly Hunk[] {
  const hunks: OpenHunk[] = [];
  const open = (): OpenHunk => {
    const hunk: OpenHunk = { heads: [], line: undefined, lines: [], isEnd: false, endsWithLineEnd: undefined };
    hunks.push(hunk);
    return hunk;
  };
  for (const line of withoutBlankEnd(body)) {
    const last = hunks.at(-1);
    if (line.startsWith('@@')) beginHunk(last?.lines.length === 0 ? last : open(), line);
    else if (END_OF_FILE.test(line)) (last ?? open()).isEnd = true;
    else if (line.startsWith('\\ ')) {
      if (last !== undefined) last.endsWithLineEnd = last.lines.at(-1)?.mark === '-';
    } else addLine(last ?? open(), line, path);
  }
  return hunks.filter(({ lines }) => lines.some(({ mark }) => mark !== ' '));
}

function beginHunk(hunk: OpenHunk, line: string): void {
  const range = RANGE.exec(line);
  if (range !== null) {
    hunk.line = Number(range[1]);
    return;
  }
  const said = line.replace(/^@@ ?/u, '').trimEnd();
  const head = said.endsWith('@@') ? said.slice(0, -2).trimEnd() : said;
  if (head !== '') hunk.heads.push(head);
}

/** A line without anything is an empty one that stays: models and mailers leave its blank away. */
function addLine(hunk: OpenHunk, line: string, path: string): void {
  const mark = line === '' ? ' ' : line[0];
  if (mark !== ' ' && mark !== '-' && mark !== '+') {
    throw broken(`the line "${line.slice(0, 80)}" for ${path} begins neither with a blank nor with "-", "+" or "@@"`);
  }
  hunk.lines.push({ mark, text: line.slice(1) });
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

function parseUnified(all: readonly string[]): readonly FilePatch[] {
  const lines = all.filter((line) => !line.startsWith('```'));
  const starts: number[] = [];
  for (const [index, line] of lines.entries()) {
    const isHeading =
      line.startsWith('diff --git ') || (line.startsWith('--- ') && (lines[index + 1] ?? '').startsWith('+++ '));
    // The names below git's own heading belong to it.
    const above = starts.at(-1);
    const isBelow = (): boolean =>
      above !== undefined && !line.startsWith('diff ') && isGitHead(lines.slice(above, index));
    if (isHeading && !isBelow()) starts.push(index);
  }
  if (starts.length === 0) {
    throw broken('it begins neither with "*** Begin Patch" nor with "--- a/PATH" and "+++ b/PATH"');
  }
  return starts.map((start, index) => parseUnifiedFile(lines.slice(start, starts[index + 1])));
}

function isGitHead(lines: readonly string[]): boolean {
  return (
    lines[0]?.startsWith('diff ') === true && !lines.some((line) => line.startsWith('@@') || line.startsWith('--- '))
  );
}

function parseUnifiedFile(lines: readonly string[]): FilePatch {
  const bodyAt = lines.findIndex((line) => line.startsWith('@@'));
  const head = bodyAt === -1 ? lines : lines.slice(0, bodyAt);
  const said = (pattern: RegExp): string | undefined =>
    head.map((line) => pattern.exec(line)?.[1]).find((name) => name !== undefined);
  if (head.some((line) => /^(?:GIT binary patch|Binary files )/u.test(line))) throw broken('it holds a binary file');
  return fileOf(namesOf(head, said), bodyAt === -1 ? [] : lines.slice(bodyAt), said(/^new file mode (\d+)/u));
}

function fileOf([from, to]: ReturnType<typeof namesOf>, body: readonly string[], mode: string | undefined): FilePatch {
  const hunks = hunksOf(body, to ?? from ?? '');
  if (from === undefined) {
    if (to === undefined) throw broken('it names no file');
    return added(to, hunks, mode === '100755');
  }
  if (to === undefined) return { kind: 'delete', path: from, hunks };
  if (hunks.length === 0 && from === to) throw broken(`it changes no line of ${from}`);
  return { kind: 'update', path: from, moveTo: from === to ? undefined : to, hunks };
}

function added(path: string, hunks: readonly Hunk[], isProgram: boolean): FilePatch {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  if (lines.some(({ mark }) => mark !== '+')) throw broken(`a line of the new file ${path} does not begin with "+"`);
  const text = lines.map((line) => `${line.text}\n`).join('');
  return { kind: 'add', path, text: hunks.at(-1)?.endsWithLineEnd === false ? text.slice(0, -1) : text, isProgram };
}

/** `undefined`: it is not there before, or after. */
function namesOf(
  head: readonly string[],
  said: (pattern: RegExp) => string | undefined,
): readonly [string | undefined, string | undefined] {
  const renamed = [said(/^rename from (.+)$/u), said(/^rename to (.+)$/u)] as const;
  if (renamed[0] !== undefined && renamed[1] !== undefined) return [unquoted(renamed[0]), unquoted(renamed[1])];
  const before = named(said(/^--- (.+)$/u));
  const after = named(said(/^\+\+\+ (.+)$/u));
  if (before !== undefined || after !== undefined) return withoutPrefixes(before, after);
  const both = nameOfBoth(head[0] ?? '');
  if (both === undefined) throw broken('it names no file');
  if (head.some((line) => line.startsWith('new file mode '))) return [undefined, both];
  return [both, head.some((line) => line.startsWith('deleted file mode ')) ? undefined : both];
}

/** `diff --git a/NAME b/NAME` */
function nameOfBoth(line: string): string | undefined {
  const names = line.slice('diff --git '.length);
  const name = names.slice('a/'.length, (names.length - 1) / 2);
  return name !== '' && names === `a/${name} b/${name}` ? name : undefined;
}

/** Without the time that `diff` writes behind it; `/dev/null` is nothing. */
function named(written: string | undefined): string | undefined {
  const name = unquoted((written ?? '').split('\t', 1).join('').trimEnd());
  return name === '' || name === '/dev/null' ? undefined : name;
}

/** git puts `a/` and `b/` before its names; a folder may be called so, too, but not on both sides. */
function withoutPrefixes(
  before: string | undefined,
  after: string | undefined,
): readonly [string | undefined, string | undefined] {
  const isPrefixed = (before ?? 'a/').startsWith('a/') && (after ?? 'b/').startsWith('b/');
  return isPrefixed ? [before?.slice(2), after?.slice(2)] : [before, after];
}

/** A name with bytes that git writes in octal, in quotes. */
function unquoted(name: string): string {
  if (!/^".*"$/u.test(name)) return name;
  return name.slice(1, -1).replaceAll(/(?:\\[0-7]{3})+|\\(.)/gu, (written, letter?: string) => {
    if (letter !== undefined) return ESCAPES[letter] ?? letter;
    return Buffer.from((written.match(/[0-7]{3}/gu) ?? []).map((code) => Number.parseInt(code, 8))).toString('utf8');
  });
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\v' };

function broken(why: string): PointsmanError {
  return new PointsmanError('request-invalid', `The patch cannot be read: ${why}; nothing was changed`, {
    hint: 'Give "*** Begin Patch", then "*** Update File: PATH" with lines that begin with a blank, "-" or "+", then "*** End Patch".',
  });
}
