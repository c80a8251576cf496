import { NAME_SEPARATOR, sumOf, type TestReading } from '../test-reading.ts';

/** Mocha's reporters for people end in a numbered list of what fails, the parts of each name line by line up to a colon. */
export function readMocha(lines: readonly string[]): TestReading | undefined {
  const passedCount = sumOf(lines, /^\s+(\d+) passing\b/u);
  if (passedCount === undefined) return undefined;
  const failing: string[] = [];
  let parts: string[] | undefined;
  for (const line of lines.slice(lines.findIndex((one) => /^\s+\d+ failing$/u.test(one)) + 1)) {
    const first = /^ {2}\d+\) (.+)$/u.exec(line)?.[1];
    if (first !== undefined) parts = [first];
    else if (line.trim() === '') parts = undefined;
    else parts?.push(line.trim());
    if (parts === undefined || !line.endsWith(':')) continue;
    failing.push(parts.join(NAME_SEPARATOR).slice(0, -1));
    parts = undefined;
  }
  return { failing, failedCount: sumOf(lines, /^\s+(\d+) failing$/u) ?? 0, passedCount };
}
