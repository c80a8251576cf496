/** One line of a comparison. */
type Edit = { readonly kind: ' ' | '-' | '+'; readonly line: string };

const CONTEXT_LINES = 3;
/** Above this many differing lines on both sides the whole block is shown as replaced. */
const MAX_COMPARED_LINES = 2000;

/** A unified diff of one file; `undefined` is a file that is not there. Empty where nothing differs. Pure. */
export function unifiedDiff(name: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  const edits = compare(toLines(before ?? ''), toLines(after ?? ''));
  const hunks = toHunks(edits);
  if (hunks.length === 0) return '';
  const from = before === undefined ? '/dev/null' : `a/${name}`;
  const to = after === undefined ? '/dev/null' : `b/${name}`;
  return `--- ${from}\n+++ ${to}\n${hunks.join('\n')}\n`;
}

/** Lines with their ends, so that a last line without one is another line than the same with one. */
function toLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
}

/** Common head and tail first, then the longest common subsequence of what is between. */
function compare(before: readonly string[], after: readonly string[]): readonly Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const keep = (lines: readonly string[]): readonly Edit[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...keep(before.slice(0, head)),
    ...compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...keep(before.slice(before.length - tail)),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const replaced: readonly Edit[] = [
    ...before.map((line): Edit => ({ kind: '-', line })),
    ...after.map((line): Edit => ({ kind: '+', line })),
  ];
  if (before.length === 0 || after.length === 0) return replaced;
  if (before.length > MAX_COMPARED_LINES || after.length > MAX_COMPARED_LINES) return replaced;
  const lengths = commonLengths(before, after);
  const width = after.length + 1;
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const line = before[i];
    const other = after[j];
    if (line !== undefined && line === other) {
      edits.push({ kind: ' ', line });
      i += 1;
      j += 1;
    } else if (line !== undefined && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) {
      edits.push({ kind: '-', line });
      i += 1;
    } else {
      edits.push({ kind: '+', line: other ?? '' });
      j += 1;
    }
  }
  return edits;
}

/** Length of the longest common subsequence of every pair of ends. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  return lengths;
}

function toHunks(edits: readonly Edit[]): readonly string[] {
  const hunks: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  let index = 0;
  while (index < edits.length) {
    const change = edits.findIndex((edit, at) => at >= index && edit.kind !== ' ');
    if (change < 0) break;
    const start = Math.max(index, change - CONTEXT_LINES);
    oldLine += start - index;
    newLine += start - index;
    const end = hunkEnd(edits, change);
    const rows = edits.slice(start, end);
    const oldCount = rows.filter((row) => row.kind !== '+').length;
    const newCount = rows.filter((row) => row.kind !== '-').length;
    const header = `@@ -${oldLine},${oldCount} +${newLine},${newCount} @@`;
    hunks.push([header, ...rows.map(rowText)].join('\n'));
    oldLine += oldCount;
    newLine += newCount;
    index = end;
  }
  return hunks;
}

function rowText({ kind, line }: Edit): string {
  return line.endsWith('\n') ? `${kind}${line.slice(0, -1)}` : `${kind}${line}\n\\ No newline at end of file`;
}

/** A hunk ends where twice the context passes without a change. */
function hunkEnd(edits: readonly Edit[], change: number): number {
  let last = change;
  for (let at = change; at < edits.length && at - last <= 2 * CONTEXT_LINES; at += 1) {
    if (edits[at]?.kind !== ' ') last = at;
  }
  return Math.min(edits.length, last + CONTEXT_LINES + 1);
}
