import type { PointsmanError } from '../../domain/errors.ts';
import { linesOf } from './bounded-lines.ts';
import { type EditedText, editRefused, withSingleBlanks } from './edit-text.ts';
import { lineEndOf } from './file-text.ts';
import type { Hunk } from './parse-patch.ts';

/** A line of a file, without its end and its end. */
interface Line {
  readonly text: string;
  readonly end: string;
}

const MAX_PLACES = 20;

/**
 * Puts the hunks of a patch into a text, each where its lines stand; all or none. Lines that stay are those of the text, byte for
 * byte, and what is put in has the line ends of its neighbours. Pure.
 * @throws PointsmanError `request-invalid` with the places where there are several, or with what is most like it where there is none
 */
export function applyHunks(text: string, hunks: readonly Hunk[], named: string): EditedText {
  const lines = linesOf(text).map(toLine);
  const places = placesOf(lines, hunks, named);
  const usual = lineEndOf(text);
  const result: Line[] = [];
  const changed: number[] = [];
  let from = 0;
  for (const [index, { hunk, at }] of places.entries()) {
    result.push(...lines.slice(from, at));
    from = at;
    const first = hunk.lines.findIndex(({ mark }) => mark !== ' ');
    changed.push(result.length + first + 1);
    for (const { mark, text: put } of hunk.lines) {
      const line = lines[from];
      if (mark === '+') result.push({ text: put, end: usual ?? (endNear(lines, from) || '\n') });
      else {
        if (mark === ' ' && line !== undefined) result.push(line);
        from += 1;
      }
    }
    if (index === places.length - 1) result.push(...lines.slice(from));
  }
  return { text: joined(result, lines, hunks.at(-1)), lines: changed };
}

function toLine(whole: string): Line {
  const text = whole.replace(/(?:\r\n|\r|\n)$/u, '');
  return { text, end: whole.slice(text.length) };
}

function endNear(lines: readonly Line[], at: number): string {
  return (lines[at - 1]?.end ?? '') || (lines[at]?.end ?? '');
}

/** A text that did not end with a line end still does not, unless the patch says so; all lines before have one. */
function joined(result: readonly Line[], before: readonly Line[], last: Hunk | undefined): string {
  const had = before.at(-1)?.end !== '';
  const has = last?.endsWithLineEnd ?? had;
  const near = result.find(({ end }) => end !== '')?.end ?? '\n';
  return result
    .map(({ text, end }, index) => {
      if (index < result.length - 1) return `${text}${end || near}`;
      return has ? `${text}${end || near}` : text;
    })
    .join('');
}

interface PlacedHunk {
  readonly hunk: Hunk;
  /** Index of its first line. */
  readonly at: number;
}

/**
 * Where the hunks stand, one after the other. The earliest places that there are and the latest must be the same: then there is
 * only one way to place them, also where each by itself could stand at several.
 */
function placesOf(lines: readonly Line[], hunks: readonly Hunk[], named: string): readonly PlacedHunk[] {
  const found = hunks.map((hunk, index) => ({ ...candidatesOf(lines, hunk), index }));
  for (const { at, index } of found) if (at.length === 0) throw notFound(lines, hunks[index], named);
  const early: number[] = [];
  let from = 0;
  for (const { at, hunk, index } of found) {
    const place = at.find((one) => one >= from);
    if (place === undefined) throw outOfOrder(at, { from, index, named });
    early.push(place);
    from = place + oldOf(hunk).length;
  }
  let to = Number.POSITIVE_INFINITY;
  for (const { at, hunk, index } of found.toReversed()) {
    const late = at.findLast((one) => one + oldOf(hunk).length <= to) ?? early[index] ?? 0;
    if (late !== early[index]) throw ambiguous(lines, at, { index, count: hunks.length, named });
    to = late;
  }
  return found.map(({ hunk, index }) => ({ hunk, at: early[index] ?? 0 }));
}

function oldOf(hunk: Hunk): readonly string[] {
  return hunk.lines.flatMap(({ mark, text }) => (mark === '+' ? [] : [text]));
}

/** How alike a line must be, the strictest first: models lose blanks at the end, and write other quotes and dashes. */
const ALIKE: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) =>
    line
      .trimEnd()
      .replaceAll(/[\u2010-\u2015\u2212]/gu, '-')
      .replaceAll(/[\u2018\u2019\u201A\u201B]/gu, "'")
      .replaceAll(/[\u201C-\u201F]/gu, '"')
      .replaceAll(/[\u00A0\u2002-\u200A\u202F\u3000]/gu, ' '),
];

/** Places where a hunk may stand, and the hunk as it stands there: an empty line at its end may only part it from the next. */
function candidatesOf(lines: readonly Line[], hunk: Hunk): { readonly at: readonly number[]; readonly hunk: Hunk } {
  const last = hunk.lines.at(-1);
  const isParted = last?.mark === ' ' && last.text === '' && hunk.lines.length > 1;
  const forms = isParted ? [hunk, { ...hunk, lines: hunk.lines.slice(0, -1) }] : [hunk];
  for (const form of forms) {
    for (const alike of ALIKE) {
      const at = matches(lines, form, alike);
      if (at.length > 0) return { at, hunk: form };
    }
  }
  return { at: [], hunk };
}

function matches(lines: readonly Line[], hunk: Hunk, alike: (line: string) => string): readonly number[] {
  const texts = lines.map(({ text }) => alike(text));
  const old = oldOf(hunk).map(alike);
  const all = old.length === 0 ? insertions(lines, hunk) : occurrences(texts, old);
  const ends = hunk.isEnd ? all.filter((at) => at + old.length === lines.length) : all;
  const said = ends.filter((at) => hunk.line !== undefined && at === hunk.line - (old.length === 0 ? 0 : 1));
  if (said.length > 0) return said;
  return hunk.heads.length === 0 ? ends : below(texts, ends, hunk.heads.map(alike));
}

/** Without a line beside it, where a diff of no context says, right below its heads, or at the end. */
function insertions(lines: readonly Line[], { line, heads }: Hunk): readonly number[] {
  if (heads.length > 0) return lines.map((_line, index) => index + 1);
  return [line === undefined ? lines.length : Math.min(line, lines.length)];
}

function occurrences(texts: readonly string[], sought: readonly string[]): readonly number[] {
  return texts.flatMap((_text, at) => (sought.every((line, index) => texts[at + index] === line) ? [at] : []));
}

/** Of each place where the heads stand one below the other, the first match under it. */
function below(texts: readonly string[], at: readonly number[], heads: readonly string[]): readonly number[] {
  const found = new Set<number>();
  const [first = '', ...rest] = heads;
  for (const [index, text] of texts.entries()) {
    if (!isHead(text, first)) continue;
    let under = index;
    for (const head of rest) under = texts.findIndex((line, place) => place > under && isHead(line, head));
    const next = under === -1 && rest.length > 0 ? undefined : at.find((one) => one > under);
    if (next !== undefined) found.add(next);
  }
  return [...found].sort((a, b) => a - b);
}

/** The blanks before a head are mostly left away. */
function isHead(line: string, head: string): boolean {
  return line === head || line.trim() === head.trim();
}

function ambiguous(
  lines: readonly Line[],
  at: readonly number[],
  { index, count, named }: { readonly index: number; readonly count: number; readonly named: string },
): PointsmanError {
  const shown = at.slice(0, MAX_PLACES).map((place) => `line ${place + 1}: ${shownLine(lines[place]?.text ?? '')}`);
  const more = at.length > MAX_PLACES ? `\nand ${at.length - MAX_PLACES} more` : '';
  return editRefused(
    `${which(index, count)} could stand at ${at.length} places of ${named}, and nothing was changed:\n${shown.join('\n')}${more}`,
    'Give more of the lines around it, or a line "@@ " with what stands above it, such as the function that it is in.',
  );
}

function which(index: number, count: number): string {
  return count === 1 ? 'What is to be changed' : `Part ${index + 1} of ${count}`;
}

function outOfOrder(
  at: readonly number[],
  { from, index, named }: { readonly from: number; readonly index: number; readonly named: string },
): PointsmanError {
  const lines = at.slice(0, MAX_PLACES).map((place) => place + 1);
  return editRefused(
    `Part ${index + 1} for ${named} stands at line ${lines.join(', ')}, above the end of the part before it at line ${from}, and nothing was changed`,
    'Give the parts of a file in the order of its lines, none of them over another.',
  );
}

/** Says where its first line, or one like it, stands: mostly a blank is off, or the file has changed since. */
function notFound(lines: readonly Line[], hunk: Hunk | undefined, named: string): PointsmanError {
  const old = hunk === undefined ? [] : oldOf(hunk);
  const wanted = withSingleBlanks(old.find((line) => line.trim() !== '') ?? hunk?.heads[0] ?? '');
  const like = lines.flatMap(({ text }, index) => (wanted !== '' && withSingleBlanks(text) === wanted ? [index] : []));
  const where = like
    .slice(0, MAX_PLACES)
    .map((index) => `line ${index + 1}: ${JSON.stringify(shownLine(lines[index]?.text ?? ''))}`);
  const what = hunk === undefined || hunk.heads.length === 0 ? '' : ` below "${hunk.heads.join('", "')}"`;
  return editRefused(
    where.length === 0
      ? `The lines that are to be changed do not stand in ${named}${what}, and nothing was changed`
      : `The lines that are to be changed do not stand in ${named}${what} as they were given, and nothing was changed; the first of them is like\n${where.join('\n')}`,
    'Read the file again and give the lines as they stand there, blanks and tabs included.',
  );
}

function shownLine(line: string): string {
  return line.slice(0, 200);
}
