import { expect, test } from 'vitest';
import { CALLER_WIRES, WIRES } from '../../src/domain/model.ts';
import { makeShapes } from '../../src/testing/internal/vendor-shapes/make-shapes.ts';
import { holdVendorsToTypes } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { addUp } from './add-up.ts';
import { findCases, readCases } from './case-file.ts';
import { measureFailover } from './failover.ts';
import { accountForFields } from './field-account.ts';
import { playCases } from './play-cases.ts';
import { everyPair, playPair } from './play-pairs.ts';
import { playSideBySide } from './play-side-by-side.ts';

test('conversations of every format reach every vendor in a form that it takes, and come back understood', async () => {
  await makeShapes();
  holdVendorsToTypes();
  const { signal } = new AbortController();
  expect(everyPair().length).toBe(CALLER_WIRES.length * WIRES.length);
  for (const pair of everyPair()) {
    const run = await playPair(pair, { count: 20, seed: 3, signal });
    const { caller, vendor, played, accepted, answered, parsed, faults } = run;
    expect(faults, `${caller} → ${vendor}`).toEqual([]);
    expect([accepted, parsed]).toEqual([played, answered]);
    expect([played, answered > 0]).toEqual([20, true]);
  }
}, 900_000);

test('many conversations are played in runs with seeds of their own, on all processors, and added up by pair', async () => {
  const { signal } = new AbortController();
  const said: string[] = [];
  const pairs = await playSideBySide({ count: 2, seed: 3, signal, progress: (text) => void said.push(text) });
  expect(pairs.map(({ caller, vendor }) => ({ caller, vendor }))).toEqual(everyPair());
  expect(pairs.every(({ played, faults }) => played === 2 && faults.length === 0)).toBe(true);
  expect(said.length).toBe(everyPair().length);
  const twice = addUp([...pairs, ...pairs]);
  expect(twice.map(({ played, accepted }) => [played, accepted])).toEqual(everyPair().map(() => [4, 4]));
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
