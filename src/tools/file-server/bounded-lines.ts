/** What one result may hold. Below what a result of any tool is cut at, so that a cut says how to go on. */
export const MAX_RESULT_BYTES: number = 48_000;

export interface LineRange {
  /** From 1. */
  readonly offset: number;
  readonly limit: number | undefined;
}

/**
 * Lines of a text, whole and with the ends that they have, as far as a result goes; what is left out is said, with how to see it.
 * A text that is shown whole is shown as it is.
 */
export function boundedLines(text: string, { offset, limit }: LineRange): string {
  const lines = linesOf(text);
  const first = Math.min(offset - 1, lines.length);
  const wanted = limit === undefined ? lines.length : Math.min(lines.length, first + limit);
  const end = endWithin(lines, first, wanted);
  if (end === first && wanted > first) return cutLine(lines, first);
  if (first === 0 && end === lines.length) return text;
  const shown = lines.slice(first, end).join('');
  const what = end === first ? `no line at ${offset}` : `lines ${first + 1} to ${end}`;
  return `${shown}${/[^\r\n]$/u.test(shown) ? '\n' : ''}[… ${what} of ${lines.length}${goOn(end, lines)} …]`;
}

/** Each with its end. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/gu) ?? [];
}

function endWithin(lines: readonly string[], first: number, wanted: number): number {
  let byteCount = 0;
  let end = first;
  while (end < wanted) {
    byteCount += Buffer.byteLength(lines[end] ?? '');
    if (byteCount > MAX_RESULT_BYTES) break;
    end += 1;
  }
  return end;
}

function goOn(end: number, lines: readonly string[]): string {
  return end < lines.length ? `; go on with "offset": ${end + 1}` : '';
}

/** A line that is longer than a result: its beginning. */
function cutLine(lines: readonly string[], index: number): string {
  const line = lines[index] ?? '';
  const head = Buffer.from(line)
    .subarray(0, MAX_RESULT_BYTES)
    .toString('utf8')
    .replace(/\uFFFD+$/u, '');
  return `${head}\n[… the beginning of line ${index + 1} of ${lines.length}, which has ${line.length} characters; search_text finds places in it${goOn(index + 1, lines)} …]`;
}

/** Lines of a list, as many as a result holds. @param how how to see the others */
export function boundedList(lines: readonly string[], how: string, isMore = false): string {
  let byteCount = 0;
  const end = lines.findIndex((line) => (byteCount += Buffer.byteLength(line) + 1) > MAX_RESULT_BYTES);
  if (end === -1 && !isMore) return lines.join('\n');
  const shown = end === -1 ? lines : lines.slice(0, end);
  const count = isMore ? `the first ${shown.length}` : `${shown.length} of ${lines.length}`;
  return `${shown.join('\n')}\n[… ${count}; ${how} …]`;
}
