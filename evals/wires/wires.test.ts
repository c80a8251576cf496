import { expect, test } from 'vitest';
import { CALLER_WIRES, WIRES } from '../../src/domain/model.ts';
import { makeShapes } from '../../src/testing/internal/vendor-shapes/make-shapes.ts';
import { holdVendorsToTypes } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { findCases, readCases } from './case-file.ts';
import { measureFailover } from './failover.ts';
import { accountForFields } from './field-account.ts';
import { playCases } from './play-cases.ts';
import { playPairs } from './play-pairs.ts';

test('conversations of every format reach every vendor in a form that it takes, and come back understood', async () => {
  await makeShapes();
  holdVendorsToTypes();
  const pairs = await playPairs({ count: 20, seed: 3, signal: new AbortController().signal });
  expect(pairs.length).toBe(CALLER_WIRES.length * WIRES.length);
  for (const { caller, vendor, played, accepted, answered, parsed, faults } of pairs) {
    expect(faults, `${caller} → ${vendor}`).toEqual([]);
    expect([accepted, parsed]).toEqual([played, answered]);
    expect([played, answered > 0]).toEqual([20, true]);
  }
}, 900_000);

const folder = findCases(undefined);
if (folder === undefined) process.stdout.write('skipped: no data; cases of the gateway were not played\n');

test.skipIf(folder === undefined)(
  'every case that went wrong in some gateway goes right in this one',
  async () => {
    const verdicts = await playCases(readCases(folder ?? ''));
    expect(verdicts.length).toBeGreaterThan(0);
    expect(verdicts.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
    expect(verdicts.every(({ runCount }) => runCount > 0)).toBe(true);
  },
  120_000,
);

test('no call is lost while the endpoint of the chosen model is down, however it is down', async () => {
  const { callCount, lostCount, waitsMs } = await measureFailover(1);
  expect([lostCount, waitsMs.length]).toEqual([0, callCount]);
});

test('every field that a vendor’s own types have arrives elsewhere, is told, or is refused by name', async () => {
  await makeShapes();
  const { triedCount, unaccounted } = accountForFields();
  expect(unaccounted).toEqual([]);
  expect(triedCount).toBeGreaterThan(400);
});
