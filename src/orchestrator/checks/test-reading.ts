/** What the output of a test run says of the tests in it. Names are `file > suite > test`, as far as the runner tells them. */
export interface TestReading {
  /** Tests, or whole files and packages that could not be run. */
  readonly failing: readonly string[];
  /** `undefined`: the runner counts nothing. */
  readonly failedCount: number | undefined;
  readonly passedCount: number | undefined;
}

/** The output of one family of runners; `undefined` where the output is not theirs. */
export type TestFormat = (lines: readonly string[]) => TestReading | undefined;

/** Between the parts of a name. */
export const NAME_SEPARATOR = ' > ';

/** The sum of a count over all lines that tell it; `undefined` where none does. */
export function sumOf(lines: readonly string[], pattern: RegExp): number | undefined {
  let sum: number | undefined;
  for (const line of lines) {
    const count = pattern.exec(line)?.[1];
    if (count !== undefined) sum = (sum ?? 0) + Number(count);
  }
  return sum;
}

export function someRan({ failing, failedCount = 0, passedCount = 0 }: TestReading): boolean {
  return failing.length + failedCount + passedCount > 0;
}
