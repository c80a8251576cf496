import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from './text-diff.ts';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '  d'), { maxLength: 40 });

test('git makes the second text out of the first and the diff', () => {
  fc.assert(
    fc.property(lines, lines, fc.constantFrom('', '\n'), fc.constantFrom('', '\n'), (before, after, end, otherEnd) => {
      const [from, to] = [before.join('\n') + end, after.join('\n') + otherEnd];
      const diff = unifiedDiff('f.txt', from, to);
      if (from === to) expect(diff).toBe('');
      else expect(applied(from, diff)).toBe(to);
    }),
    { numRuns: 25 },
  );
});

test('shows three lines around a change and nothing of what is far away', () => {
  const before = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const after = before.map((line, index) => (index === 20 ? 'changed' : line));
  const diff = unifiedDiff('src/a.js', `${before.join('\n')}\n`, `${after.join('\n')}\n`);
  expect(diff).toBe(
    '--- a/src/a.js\n+++ b/src/a.js\n@@ -18,7 +18,7 @@\n line 17\n line 18\n line 19\n-line 20\n+changed\n line 21\n line 22\n line 23\n',
  );
});

test('a file that is new or gone is told apart from an empty one', () => {
  expect(unifiedDiff('n', undefined, 'x')).toContain('--- /dev/null\n+++ b/n');
  expect(unifiedDiff('n', 'x', undefined)).toContain('--- a/n\n+++ /dev/null');
});

test('ten thousand lines on both sides are compared in a bounded time', () => {
  const before = Array.from({ length: 10_000 }, (_, index) => `a${index}`).join('\n');
  const after = Array.from({ length: 10_000 }, (_, index) => `b${index}`).join('\n');
  expect(unifiedDiff('big', before, after).split('\n').length).toBeGreaterThan(20_000);
});

function applied(before: string, diff: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-diff-'));
  const file = path.join(folder, 'f.txt');
  writeFileSync(file, before);
  try {
    execFileSync('git', ['apply', '-'], { cwd: folder, input: diff });
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
