import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexFeatures } from './feature-index.ts';

test('every hash is found in its row and no other one anywhere, colliding ones too', () => {
  // Few low bits differ, so that most share a place.
  const hash = fc
    .integer({ min: -8, max: 7 })
    .chain((high) => fc.integer({ min: 0, max: 3 }).map((low) => high * 2 ** 20 + low));
  fc.assert(
    fc.property(fc.uniqueArray(hash, { minLength: 1, maxLength: 40 }), hash, (hashes, other) => {
      const rowOf = indexFeatures(Int32Array.from(hashes));
      expect(hashes.map(rowOf)).toEqual([...hashes.keys()]);
      expect(rowOf(other)).toBe(hashes.indexOf(other));
    }),
  );
});
