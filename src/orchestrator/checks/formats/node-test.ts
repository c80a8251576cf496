import { NAME_SEPARATOR, sumOf, type TestReading } from '../test-reading.ts';

/** `node --test` as people read it: marks, then a list of what fails, each with its place. */
export function readNodeTest(lines: readonly string[]): TestReading | undefined {
  const failed = sumOf(lines, /^ℹ fail (\d+)$/u);
  if (failed === undefined) return undefined;
  const placed = lines.flatMap((line, index) => {
    const file = /^test at (.+):\d+:\d+$/u.exec(line)?.[1];
    const name = /^✖ (.+)$/u.exec(lines[index + 1] ?? '')?.[1];
    if (file === undefined || name === undefined) return [];
    return plain(name) === file ? [file] : [`${file}${NAME_SEPARATOR}${plain(name)}`];
  });
  const marked = lines.flatMap((line) => /^\s*✖ (.+)$/u.exec(line)?.[1] ?? []).filter((name) => name !== LIST_HEADING);
  // A file without tests counts as one that passes.
  const emptyFiles = lines.filter((line) => /^✔ \S+\.[cm]?[jt]sx? \([\d.]+m?s\)$/u.test(line)).length;
  const passed = sumOf(lines, /^ℹ pass (\d+)$/u);
  return {
    failing: placed.length > 0 ? placed : marked.map(plain),
    failedCount: failed + (sumOf(lines, /^ℹ cancelled (\d+)$/u) ?? 0),
    passedCount: passed === undefined ? undefined : Math.max(0, passed - emptyFiles),
  };
}

const LIST_HEADING = 'failing tests:';

function plain(name: string): string {
  return name.replace(/ \([\d.]+m?s\)(?: #.*)?$/u, '');
}
