import { expect, test } from 'vitest';
import { isCauseRight, isStepRight } from './autopsy-figures.ts';
import { FAULTS, HERRINGS, needsTools, plantCases, type Fault } from './faults.ts';
import { playPlanted } from './play-planted.ts';

test('every fault is planted with each herring and both kinds of check, and a seed says which', () => {
  const cases = plantCases(340, 5);
  expect(new Set(cases.map(({ fault }) => fault))).toEqual(new Set(FAULTS));
  expect(new Set(cases.map(({ herring }) => herring))).toEqual(new Set(HERRINGS));
  expect(new Set(cases.map(({ checker }) => checker))).toEqual(new Set(['tests', 'review']));
  expect(plantCases(17, 5)).toEqual(cases.slice(0, 17));
  expect(plantCases(17, 6)).not.toEqual(cases.slice(0, 17));
});

/** Without tools a job is a matter of a second. */
test.each<Fault>([
  'weak-model',
  'cut-answer',
  'provider-down',
  'plan-says-wrong',
  'plan-forgets-link',
  'too-long-to-hand-on',
])(
  'through the real runner, %s is blamed where it was planted',
  async (fault) => {
    const planted = plantCases(340, 5).find((one) => one.fault === fault && !needsTools(one));
    if (planted === undefined) throw new Error(`no case of ${fault}`);
    const played = await playPlanted(planted);
    expect(played.hasShown).toBe(true);
    expect(played.autopsy).toMatchObject({ kind: 'blamed', ...planted.truth });
    expect(isStepRight(played) && isCauseRight(played)).toBe(true);
  },
  60_000,
);

test('where nothing is recorded that tells, nobody is blamed', async () => {
  const planted = plantCases(340, 5).find((one) => one.fault === 'mute-person' && !needsTools(one));
  if (planted === undefined) throw new Error('no such case');
  expect((await playPlanted(planted)).autopsy.kind).toBe('cannot-tell');
}, 60_000);
