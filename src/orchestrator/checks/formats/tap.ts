import { NAME_SEPARATOR, type TestReading } from '../test-reading.ts';

/**
 * The Test Anything Protocol, of `node --test --test-reporter=tap`, tape, tap and others. Some name a test by a comment and
 * its assertions by lines: the comment is part of the name then.
 */
export function readTap(lines: readonly string[]): TestReading | undefined {
  if (!lines.some((line) => /^TAP version \d+$|^1\.\.\d+$/u.test(line))) return undefined;
  const failing: string[] = [];
  let passedCount = 0;
  let comment = '';
  for (const line of lines) {
    const reported = /^# (?!Subtest:|(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|ok)\b)(.+)$/u.exec(
      line,
    );
    if (reported !== null) comment = `${reported[1] ?? ''}${NAME_SEPARATOR}`;
    const result = /^\s*(not )?ok\b(?: \d+)?(?: -)?(?: (.*))?$/u.exec(line);
    if (result === null) continue;
    const [, not, name = ''] = result;
    if (not === undefined) passedCount += 1;
    else if (!/# (?:TODO|SKIP)\b/iu.test(name)) failing.push(`${comment}${name}`);
  }
  return { failing, failedCount: failing.length, passedCount };
}
