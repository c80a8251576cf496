import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openWeightRows } from './weight-rows.ts';

test('sums are those of the plain rows, whatever their number and width', () => {
  const table = fc.integer({ min: 1, max: 22 }).chain((width) =>
    fc.record({
      width: fc.constant(width),
      rows: fc.array(fc.array(fc.constantFrom(-128, -127, -1, 0, 1, 127), { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 6,
      }),
      picks: fc.array(fc.nat(), { maxLength: 900 }),
    }),
  );
  fc.assert(
    fc.property(table, ({ width, rows, picks }) => {
      const sumRows = openWeightRows(Int8Array.from(rows.flat()), width);
      for (const some of [picks, picks.slice(1)]) {
        const chosen = Int32Array.from(some, (pick) => pick % rows.length);
        const plain = Array.from({ length: width }, (_, output) =>
          chosen.reduce((sum, row) => sum + (rows[row]?.[output] ?? 0), 0),
        );
        expect([...sumRows(chosen, chosen.length).subarray(0, width)]).toEqual(plain);
      }
    }),
  );
});
