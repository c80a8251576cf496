import { sumOf, type TestReading } from '../test-reading.ts';

/** `cargo test`: each test binary ends in a list of its failures and a line with counts. */
export function readCargoTest(lines: readonly string[]): TestReading | undefined {
  const failedCount = sumOf(lines, /^test result: .* (\d+) failed;/u);
  if (failedCount === undefined) return undefined;
  const failing: string[] = [];
  let inList = false;
  for (const line of lines) {
    const name = /^ {4}(\S.*)$/u.exec(line)?.[1];
    inList = line === 'failures:' || (inList && name !== undefined);
    if (inList && name !== undefined) failing.push(name);
  }
  return { failing, failedCount, passedCount: sumOf(lines, /^test result: \S+ (\d+) passed;/u) };
}
