import type { TestReading } from '../test-reading.ts';

/** What a suite is asked for by: that it failed does not name what in it did. */
const ASKED_FOR: ReadonlySet<string> = new Set(['all', 'test', 'tests', 'check']);

/**
 * `make -k`: each target that failed has a line, such as `make: *** [Makefile:5: run-parser] Error 1`. Only where the suite is one
 * target a test does that name what failed; what passed is not told.
 */
export function readMake(lines: readonly string[]): TestReading | undefined {
  const failing = lines.flatMap(
    (line) => /^g?make(?:\[\d+\])?: \*\*\* \[(?:[^\]]*: )?([^\]:]+)\] (?:Error \d+|\S.*)$/u.exec(line)?.[1] ?? [],
  );
  if (failing.length === 0 || failing.some((target) => ASKED_FOR.has(target))) return undefined;
  return { failing: [...new Set(failing)], failedCount: new Set(failing).size, passedCount: undefined };
}
