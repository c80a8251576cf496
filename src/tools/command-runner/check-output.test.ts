import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepFailures } from './check-output.ts';

const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, at) => `${name} line ${at}`).join('\n');

test('what failed in the middle of a long output is kept, with what stands around it', () => {
  const text = `${lines('first', 5000)}\nFAILED tests/test_a.py::test_b\n  detail of it\n${lines('last', 5000)}`;
  const kept = keepFailures(text, 20_000);
  expect(kept.length).toBeLessThanOrEqual(20_000);
  expect(kept).toContain('FAILED tests/test_a.py::test_b\n  detail of it');
  expect(kept).toMatch(/^first line 0\n/u);
  expect(kept).toMatch(/last line 4999$/u);
  expect(kept).toContain('[… lines cut …]');
});

test('never longer than it may be, and untouched where it fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('ok', 'FAIL x', 'error: y', 'test result: ok. 3 passed'), { maxLength: 4000 }),
      (all) => {
        const text = all.join('\n');
        expect(keepFailures(text, 12_000).length).toBeLessThanOrEqual(12_000);
        if (text.length <= 12_000) expect(keepFailures(text, 12_000)).toBe(text);
      },
    ),
  );
});
