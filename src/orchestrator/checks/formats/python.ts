import { NAME_SEPARATOR, sumOf, type TestReading } from '../test-reading.ts';

/** pytest: a line for each failure in its short summary, counts in the last line. A file that cannot be imported is an error. */
export function readPytest(lines: readonly string[]): TestReading | undefined {
  const sums = lines.filter((line) => /^(?:=+ )?(?:no tests ran|(?:\d+ \w+, )*\d+ \w+) in [\d.]+s\b/u.test(line));
  if (sums.length === 0) return undefined;
  const failing = lines.flatMap(
    (line) => /^(?:FAILED|ERROR) (\S+?\[.*?\](?= - |$)|.+?)(?: - .*)?$/u.exec(line)?.[1] ?? [],
  );
  const errors = sumOf(sums, /(\d+) errors?\b/u) ?? 0;
  return {
    failing: failing.map((name) => name.replaceAll('::', NAME_SEPARATOR)),
    failedCount: (sumOf(sums, /(\d+) failed\b/u) ?? 0) + errors,
    passedCount: sumOf(sums, /(\d+) passed\b/u) ?? 0,
  };
}

/** `python -m unittest`. */
export function readUnittest(lines: readonly string[]): TestReading | undefined {
  const ran = sumOf(lines, /^Ran (\d+) tests? in [\d.]+s$/u);
  if (ran === undefined) return undefined;
  const sums = lines.filter((line) => /^(?:FAILED|OK) \(.+\)$/u.test(line));
  const failedCount = (sumOf(sums, /\bfailures=(\d+)/u) ?? 0) + (sumOf(sums, /\berrors=(\d+)/u) ?? 0);
  return {
    failing: lines.flatMap((line) => /^(?:FAIL|ERROR): (.+)$/u.exec(line)?.[1] ?? []),
    failedCount,
    passedCount: Math.max(0, ran - failedCount - (sumOf(sums, /\bskipped=(\d+)/u) ?? 0)),
  };
}
