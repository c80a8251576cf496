import { cutMiddle } from '../model/artifact.ts';

/** Where what went wrong begins, in the words of most runners. */
const BEGINS = /(?:\bFAIL|\bERROR\b|✖|✗|●|not ok\b|panicked|Traceback|AssertionError|^\s*--- FAIL|^\s*\d+\) |^E {2,})/u;
const SHOWN_BEFORE = 1;

/**
 * A report as a model should read it first: how it ended, what failed, and then the rest as far as there is room. Pure.
 * @param failing names of tests that fail, as far as they are known
 */
export function failingFirst(report: string, failing: readonly string[], maxChars: number): string {
  if (report.length <= maxChars) return report;
  const lines = report.split('\n');
  const names = failing.map((name) => name.split(' > ').at(-1) ?? name).filter((name) => name.length > 2);
  const at = lines.findIndex(
    (line, index) =>
      index > 0 &&
      (names.some((name) => line.includes(name)) || BEGINS.test(line)) &&
      !/\bpass(?:ed)?\b|^✔|^ok\b/iu.test(line),
  );
  if (at < 0) return cutMiddle(report, maxChars);
  const head = lines[0] ?? '';
  const part = lines.slice(Math.max(1, at - SHOWN_BEFORE)).join('\n');
  return `${head}\n[…]\n${cutMiddle(part, Math.max(0, maxChars - head.length - 6))}`;
}
