import { PointsmanError } from '../../domain/errors.ts';
import { literalPattern } from '../../trust/literal-pattern.ts';
import { lineEndOf, withLineEnd } from './file-text.ts';

export interface TextEdit {
  readonly oldText: string;
  readonly newText: string;
  /** Every place, where there is more than one. */
  readonly all: boolean;
}

export interface EditedText {
  readonly text: string;
  /** First lines of what was changed, from 1, in the text as it is now. */
  readonly lines: readonly number[];
}

const MAX_PLACES = 20;

/**
 * Replaces what stands at exactly one place, edit after edit; all or none. Bytes outside of these places stay as they are, and
 * what is put in has the line ends of its neighbours. Pure.
 * @throws PointsmanError `request-invalid` with the places where there are several, or with what is most like it where there is none
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): EditedText {
  let current = text;
  let offsets: readonly number[] = [];
  for (const edit of edits) {
    const { at, oldText, newText } = placesOf(current, edit);
    const growth = newText.length - oldText.length;
    const moved = offsets.map((offset) => offset + growth * at.filter((place) => place < offset).length);
    offsets = [...moved, ...at.map((place, index) => place + growth * index)];
    current = replaced(current, at, { oldText, newText });
  }
  return { text: current, lines: linesAt(current, offsets) };
}

/** In one go, as there may be very many places. */
function replaced(
  text: string,
  at: readonly number[],
  { oldText, newText }: { readonly oldText: string; readonly newText: string },
): string {
  const pieces: string[] = [];
  let from = 0;
  for (const place of at) {
    pieces.push(text.slice(from, place), newText);
    from = place + oldText.length;
  }
  return [...pieces, text.slice(from)].join('');
}

function linesAt(text: string, offsets: readonly number[]): readonly number[] {
  let line = 1;
  let from = 0;
  const lines = new Set<number>();
  for (const offset of offsets.toSorted((a, b) => a - b)) {
    line += lineAt(text.slice(from, offset), offset) - 1;
    from = offset;
    lines.add(line);
  }
  return [...lines];
}

function placesOf(
  text: string,
  edit: TextEdit,
): { readonly at: readonly number[]; readonly oldText: string; readonly newText: string } {
  if (edit.oldText === '')
    throw editRefused('oldText is empty', 'Name the text that is to be replaced, or use write_file.');
  const exact = occurrences(text, edit.oldText);
  // A model mostly says lines with the usual end, whatever the file has.
  const oldText = exact.length > 0 ? edit.oldText : inLineEnds(text, edit.oldText);
  const at = exact.length > 0 ? exact : occurrences(text, oldText);
  if (at.length === 0) throw notFound(text, edit.oldText);
  if (at.length > 1 && !edit.all) throw ambiguous(text, at);
  const near = lineEndOf(text) ?? lineEndOf(text.slice(at[0], (at[0] ?? 0) + oldText.length));
  return { at, oldText, newText: withLineEnd(edit.newText, near) };
}

/** With the line ends that the file has at the place that is meant, where it has several kinds. */
function inLineEnds(text: string, sought: string): string {
  if (!sought.includes('\n') || sought.includes('\r')) return sought;
  const pattern = sought.split('\n').map(literalPattern).join('(?:\\r\\n|\\r|\\n)');
  return new RegExp(pattern, 'u').exec(text)?.[0] ?? sought;
}

function occurrences(text: string, sought: string): readonly number[] {
  const at: number[] = [];
  for (let place = text.indexOf(sought); place !== -1; place = text.indexOf(sought, place + sought.length))
    at.push(place);
  return at;
}

function ambiguous(text: string, at: readonly number[]): PointsmanError {
  const shown = at.slice(0, MAX_PLACES).map((place) => {
    const line = lineAt(text, place);
    return `line ${line}: ${lineText(text, line)}`;
  });
  const more = at.length > MAX_PLACES ? ` and ${at.length - MAX_PLACES} more` : '';
  return editRefused(
    `oldText stands at ${at.length} places, and nothing was changed:\n${shown.join('\n')}${more}`,
    'Give more of the lines around the place that is meant, or "all": true for every one.',
  );
}

/** Says where its first line, or one like it, stands: mostly a blank or a line end is off. */
function notFound(text: string, sought: string): PointsmanError {
  const lines = text.split(/\r\n|\r|\n/u);
  const wanted =
    sought
      .split(/\r\n|\r|\n/u)
      .map(withSingleBlanks)
      .find((line) => line !== '') ?? '';
  const like = lines.flatMap((line, index) => (wanted !== '' && withSingleBlanks(line) === wanted ? [index + 1] : []));
  const where = like.slice(0, MAX_PLACES).map((line) => `line ${line}: ${JSON.stringify(lineText(text, line))}`);
  return editRefused(
    where.length === 0
      ? 'oldText does not stand in the file, and nothing was changed'
      : `oldText does not stand in the file as it was given, and nothing was changed; its first line is like\n${where.join('\n')}`,
    'Read the file again and give the text as it stands there, blanks and tabs included.',
  );
}

/** Blanks of any number as one. */
export function withSingleBlanks(line: string): string {
  return line.replaceAll(/\s+/gu, ' ').trim();
}

const MAX_LINE = 200;

function lineText(text: string, line: number): string {
  return (text.split(/\r\n|\r|\n/u)[line - 1] ?? '').slice(0, MAX_LINE);
}

function lineAt(text: string, offset: number): number {
  return (text.slice(0, offset).match(/\r\n|\r|\n/gu)?.length ?? 0) + 1;
}

/** @returns `request-invalid` */
export function editRefused(what: string, hint: string): PointsmanError {
  return new PointsmanError('request-invalid', what, { hint });
}
