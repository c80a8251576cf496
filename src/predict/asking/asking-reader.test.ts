import { describe, expect, test } from 'vitest';
import { asId, type StepId } from '../../domain/ids.ts';
import { likeliestOf, type SaidNeed, type StepNeed } from '../../domain/need.ts';
import { createLocalNeedReader } from '../need/local-reader.ts';
import type { StepAsker, StepToRead } from '../need/need-reader.ts';
import { shippedNeed } from '../need/shipped-need.ts';
import { createAskingReader } from './asking-reader.ts';

const SAID: SaidNeed = { kind: 'review', size: 'many', difficulty: 5, stakes: 3 };
const STEP: StepToRead = { text: 'rename tmp to total in sum.ts', before: [], origin: 'person' };
const open = (): ReturnType<typeof createAskingReader> => createAskingReader(createLocalNeedReader(shippedNeed()));

/** Somebody who may be asked, and how often that was done. */
function anAsker(ask: StepAsker['ask'], part: Partial<StepAsker> = {}): StepAsker & { count: number } {
  const asker = {
    scope: 'one',
    waitMs: 1500,
    ...part,
    count: 0,
    ask: (...of: Parameters<StepAsker['ask']>) => {
      asker.count += 1;
      return ask(...of);
    },
  };
  return asker;
}
const says =
  (said: SaidNeed | undefined): StepAsker['ask'] =>
  () =>
    Promise.resolve(said);
const valuesOf = (need: StepNeed): readonly unknown[] =>
  (['kind', 'size', 'difficulty', 'stakes'] as const).map((part) => likeliestOf(need, part).value);

describe('a model that may be asked', () => {
  test('is asked once per step, and what it says is what the step needs', async () => {
    const reader = open();
    const asker = anAsker(says(SAID));
    const needs = await Promise.all([reader.read(STEP, asker), reader.read(STEP, asker), reader.read(STEP, asker)]);
    expect(needs.map(valuesOf)).toEqual(Array.from({ length: 3 }, () => ['review', 'many', 5, 3]));
    expect(needs[0]?.difficulty.source).toBe('model');
    expect(needs[0]?.kind.ratios.reduce((sum, ratio) => sum + ratio, 0)).toBeCloseTo(1, 9);
    expect(asker.count).toBe(1);
    await reader.read({ ...STEP, text: 'rename tmp to sum' }, asker);
    expect(asker.count).toBe(2);
  });

  test('is not asked where nobody may be, and what was read here stands where it answers nothing or fails', async () => {
    const reader = open();
    const local = await reader.read(STEP);
    expect(local.kind.source).toBe('local-head');
    expect(await open().read(STEP, anAsker(says(undefined)))).toEqual(local);
    expect(
      await open().read(
        STEP,
        anAsker(() => Promise.reject(new Error('no network'))),
      ),
    ).toEqual(local);
  });

  test('is waited for as long as the policy says; what comes later is for the next decision of the step', async () => {
    const reader = open();
    let answer: ((said: SaidNeed) => void) | undefined;
    const late = new Promise<SaidNeed>((resolve) => (answer = resolve));
    const asker = anAsker(() => late, { waitMs: 5 });
    expect((await reader.read(STEP, asker)).kind.source).toBe('local-head');
    answer?.(SAID);
    expect((await reader.read(STEP, asker)).kind.source).toBe('model');
    expect(asker.count).toBe(1);
  });

  test('is let go when the reader closes, which waits until whoever pays has written it down', async () => {
    const reader = open();
    let written = false;
    const hangs: StepAsker['ask'] = (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          setImmediate(() => {
            written = true;
            resolve(undefined);
          });
        });
      });
    const asker = anAsker(hangs, { waitMs: 1 });
    await reader.read(STEP, asker);
    await reader.close();
    expect(written).toBe(true);
    expect((await reader.read({ ...STEP, text: 'rename tmp to sum' }, asker)).kind.source).toBe('local-head');
    expect(asker.count).toBe(1);
  });

  test('is asked of a new step whatever an older one of its name was; of one that is decided again it is not', async () => {
    const reader = open();
    const stepId = asId<StepId>('s1#1');
    const first = anAsker(says(SAID), { stepId });
    await reader.read(STEP, first);
    await reader.read({ ...STEP, before: [{ role: 'tool', text: 'done' }] }, { ...first, isAgain: true });
    expect(first.count).toBe(1);
    const other = anAsker(says({ ...SAID, kind: 'plan' }), { stepId });
    expect(valuesOf(await reader.read({ ...STEP, text: 'plan the move to Postgres' }, other))[0]).toBe('plan');
    expect(other.count).toBe(1);
  });

  test('is not asked again for somebody else’s sake, nor does one learn what another was answered', async () => {
    const reader = open();
    const [one, other] = [anAsker(says(SAID)), anAsker(says({ ...SAID, kind: 'plan' }), { scope: 'other' })];
    expect(valuesOf(await reader.read(STEP, one))[0]).toBe('review');
    expect(valuesOf(await reader.read(STEP, other))[0]).toBe('plan');
    expect([one.count, other.count]).toEqual([1, 1]);
  });

  test.each<[string, Partial<StepToRead>]>([
    ['a title', { origin: 'title' }],
    ['a compaction', { origin: 'compaction' }],
    ['a check of commands', { origin: 'safety-check' }],
    ['nothing at all', { text: '  ' }],
    ['what is wholly declared', { declared: { kind: 'code', size: 'few', difficulty: 2, stakes: 1 } }],
  ])('is not asked about %s', async (_, part) => {
    const asker = anAsker(says(SAID));
    await open().read({ ...STEP, ...part }, asker);
    expect(asker.count).toBe(0);
  });

  test('is not asked about words that only follow up, in any language', async () => {
    const reader = open();
    const asker = anAsker(says(SAID));
    const first = await reader.read(STEP, asker);
    for (const text of ['yes, go on', 'ja, weiter', 'sí, adelante']) {
      const need = await reader.read({ text, before: [], origin: 'person', follows: first }, asker);
      expect(likeliestOf(need, 'difficulty').value).toBe(5);
    }
    expect(asker.count).toBe(1);
  });

  test('does not overrule what was declared', async () => {
    const need = await open().read({ ...STEP, declared: { difficulty: 1 } }, anAsker(says(SAID)));
    expect(need.difficulty).toEqual({ ratios: [1, 0, 0, 0, 0], source: 'declared' });
    expect(need.stakes.source).toBe('model');
  });
});
