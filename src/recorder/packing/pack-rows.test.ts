import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNames, packRows, unpackRows } from './pack-rows.ts';

const NAMES = createNames(['alpha', 'beta', 'gamma']);
const value = fc.oneof(
  fc.constantFrom<unknown>('alpha', 'beta', 'gamma', 'other', 0, 1, Number.NaN, null, undefined, true, ''),
  fc.double(),
  fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
  fc.record({ uncached: fc.nat(), output: fc.constantFrom(1, undefined) }),
);
const row = fc.dictionary(fc.constantFrom('model', 'mode', 'bill', 'tokens', 'x'), value);

test('rows come back with their own bytes, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
      const packed = packRows(rows, NAMES);
      if (packed === undefined) expect(rows.length).toBeLessThan(3);
      else {
        const read: unknown = JSON.parse(JSON.stringify(packed));
        expect(JSON.stringify(unpackRows(read, NAMES))).toBe(JSON.stringify(rows));
      }
    }),
    { numRuns: 500 },
  );
});

test('what all rows share is said once, and names by their place', () => {
  const rows = NAMES.list.map((model, index) => ({ model, mode: 'continue', bill: index, tokens: { output: index } }));
  expect(packRows(rows, NAMES)).toEqual({
    $rows: [[0, 1, 2, 3]],
    forms: 3,
    columns: [
      ['model', { names: '*' }],
      ['mode', { all: 'continue' }],
      ['bill', [0, 1, 2]],
      ['tokens', { rows: { $rows: [[0]], forms: 3, columns: [['output', [0, 1, 2]]] } }],
    ],
  });
});

test('what is no table stays as it is', () => {
  expect(packRows([1, 2, 3], NAMES)).toBeUndefined();
  expect(packRows('no rows', NAMES)).toBeUndefined();
  expect(unpackRows([{ a: 1 }], NAMES)).toBeUndefined();
});
