import { NAME_SEPARATOR, type TestReading } from '../test-reading.ts';

/**
 * `go test`: failing tests, then the line of their package; a package without one was not built, or died. How many tests
 * pass it does not tell.
 */
export function readGoTest(lines: readonly string[]): TestReading | undefined {
  const failing: string[] = [];
  let open: string[] = [];
  let hasPassing = false;
  let isGo = false;
  for (const line of lines) {
    const test = /^\s*--- FAIL: (.+) \([\d.]+s\)$/u.exec(line)?.[1];
    if (test !== undefined) open.push(test);
    const [, verdict, name = ''] = /^(ok {2}|FAIL|\? {3})\t(\S+)(?:\s|$)/u.exec(line) ?? [];
    if (verdict === undefined) continue;
    isGo = true;
    if (verdict === 'FAIL')
      failing.push(...(open.length > 0 ? open.map((one) => name + NAME_SEPARATOR + one) : [name]));
    else if (verdict.startsWith('ok') && !line.includes('[no tests to run]')) hasPassing = true;
    open = [];
  }
  return isGo ? { failing, failedCount: failing.length, passedCount: hasPassing ? undefined : 0 } : undefined;
}
