import { readCargoTest } from './formats/cargo-test.ts';
import { readGoTest } from './formats/go-test.ts';
import { LINE_FORMATS } from './formats/line-formats.ts';
import { readMake } from './formats/make.ts';
import { readMocha } from './formats/mocha.ts';
import { readNodeTest } from './formats/node-test.ts';
import { readPytest, readUnittest } from './formats/python.ts';
import { readTap } from './formats/tap.ts';
import { readVitestOrJest } from './formats/vitest-jest.ts';
import type { TestFormat, TestReading } from './test-reading.ts';

const FORMATS: readonly TestFormat[] = [
  readNodeTest,
  readTap,
  readVitestOrJest,
  readMocha,
  readPytest,
  readUnittest,
  readGoTest,
  readCargoTest,
  ...LINE_FORMATS,
];

const MAX_NAMES = 500;

/**
 * Reads the output of a test run, whichever runners wrote it: one command may start several. Where none is known, a count
 * is looked for, and else nothing is told. Total, pure.
 */
export function readTestReport(report: string): TestReading {
  const lines = report.split(/\r?\n/u).map((line) => line.trimEnd());
  const own = FORMATS.flatMap((format) => format(lines) ?? []);
  // What starts the runners says which of them failed; that is told where they say nothing themselves.
  const read = own.length > 0 ? own : [readMake(lines) ?? []].flat();
  if (read.length === 0) return counted(lines);
  const names = new Set(read.flatMap((one) => one.failing.map(withoutChance)));
  return {
    failing: [...names].slice(0, MAX_NAMES),
    failedCount: total(read.map((one) => one.failedCount)),
    passedCount: total(read.map((one) => one.passedCount)),
  };
}

/** Whether the names are all that fail. */
export function namesAll(reading: TestReading): boolean {
  return reading.failing.length > 0 && reading.failing.length >= (reading.failedCount ?? Infinity);
}

/** Parts of a name that are another at each run or that move with the code: ids, times, numbers of lines. */
function withoutChance(name: string): string {
  return name
    .trim()
    .replace(/\(line \d+\)/gu, '(line #)')
    .replace(/\b(?=\w*\d)[0-9a-f]{8,}\b|\d{6,}/giu, '#');
}

function counted(lines: readonly string[]): TestReading {
  const last = (pattern: RegExp): number | undefined => {
    const count = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []).at(-1);
    return count === undefined ? undefined : Number(count);
  };
  return {
    failing: [],
    failedCount: last(/\b(\d+) (?:tests? |specs? |examples? )?(?:failed|failing|failures?)\b/iu),
    passedCount: last(/\b(\d+) (?:tests? |specs? )?(?:passed|passing)\b/iu),
  };
}

function total(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, count) => sum + count, 0);
}
