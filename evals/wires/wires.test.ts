import { expect, test } from 'vitest';
import { makeShapes } from '../../src/testing/internal/vendor-shapes/make-shapes.ts';
import { holdVendorsToTypes } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { playPairs } from './play-pairs.ts';

test('conversations of every format reach every vendor in a form that it takes, and come back understood', async () => {
  await makeShapes();
  holdVendorsToTypes();
  const pairs = await playPairs({ count: 30, seed: 3, signal: new AbortController().signal });
  expect(pairs.length).toBeGreaterThanOrEqual(9);
  for (const { caller, vendor, played, accepted, answered, parsed, faults } of pairs) {
    expect(faults, `${caller} → ${vendor}`).toEqual([]);
    expect([accepted, parsed]).toEqual([played, answered]);
    expect(answered).toBeGreaterThan(0);
  }
}, 240_000);
