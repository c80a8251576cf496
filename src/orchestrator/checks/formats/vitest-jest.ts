import { NAME_SEPARATOR, sumOf, type TestReading } from '../test-reading.ts';

/**
 * Vitest tells `FAIL file > suite > test`; jest tells `FAIL file`, then a bullet for each test. A file without a test
 * beside it could not be loaded.
 */
export function readVitestOrJest(lines: readonly string[]): TestReading | undefined {
  const sums = lines.flatMap((line) => /^\s*Tests:?\s{2,}(.+)$/u.exec(line)?.[1] ?? []);
  if (sums.length === 0) return undefined;
  const failing = new Set<string>();
  const files = new Set<string>();
  let file = '';
  for (const line of lines) {
    const named = /^\s*FAIL {1,2}(\S.*)$/u.exec(line)?.[1]?.replace(/ \([\d.]+ m?s\)$/u, '');
    const bullet = /^ {2}● (.+)$/u.exec(line)?.[1];
    if (named !== undefined) {
      file = named.replace(/ \[ .+ \]$/u, '');
      if (file.includes(NAME_SEPARATOR)) failing.add(file);
      else files.add(file);
    } else if (bullet !== undefined && bullet !== NOT_LOADED && files.has(file)) {
      failing.add([file, ...bullet.split(' › ')].join(NAME_SEPARATOR));
    }
  }
  const unloaded = [...files].filter((one) => ![...failing].some((name) => name.startsWith(one + NAME_SEPARATOR)));
  const stray = sumOf(lines, /^\s*Errors\s{2,}(\d+) errors?\b/u) ?? 0;
  return {
    failing: [...failing, ...unloaded],
    failedCount: (sumOf(sums, /(\d+) failed/u) ?? 0) + unloaded.length + stray,
    passedCount: sumOf(sums, /(\d+) passed/u) ?? 0,
  };
}

const NOT_LOADED = 'Test suite failed to run';
