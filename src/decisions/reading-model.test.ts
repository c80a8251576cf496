import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { questionAbout } from '../predict/asking/step-question.ts';
import { rejectAlways, rejectForKind } from '../router/policy-limits.ts';
import { aPolicy, TEST_NOW } from '../testing/decision-builders.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { readingModel, type ReadingNeeds } from './reading-model.ts';

const priced = (input: number): ReturnType<typeof aModel>['prices'] => ({
  base: aPriceRow({ input, output: 4 * input }),
  tiers: [],
  peak: undefined,
});
const small = aModel({ id: modelId('small'), prices: priced(0.2), abilityIndex: 35 });
const middle = aModel({
  id: modelId('middle'),
  prices: priced(1),
  abilityIndex: 40,
  compliance: { zeroDataRetention: true },
});
const large = aModel({ id: modelId('large'), prices: priced(5), abilityIndex: 60 });
const POOL = [large, middle, small];
const QUESTION = questionAbout({ text: 'fix the failing test', before: [] });
const READER = { maxStepNanoUsd: nanoFromUsd(0.003), maxWaitMs: 1500 };

function chosen(policy: Partial<RouterPolicy>, part: Partial<ReadingNeeds> = {}): string | undefined {
  const needs = { policy: aPolicy({ reader: READER, ...policy }), models: POOL, kind: 'code', risk: 'none' } as const;
  return readingModel(QUESTION, { ...needs, leftNanoUsd: undefined, now: TEST_NOW, ...part })?.model.id;
}

describe('who is asked what a step needs', () => {
  test.each<[string, Partial<RouterPolicy>, Partial<ReadingNeeds>, string | undefined]>([
    ['the cheapest', {}, {}, 'small'],
    ['nobody, where the policy asks nobody', { reader: undefined as never }, {}, undefined],
    ['nobody that is denied', { denyModels: [small.id] }, {}, 'middle'],
    ['nobody beside the list', { allowModels: [large.id, middle.id] }, {}, 'middle'],
    [
      'nobody who keeps what it is sent, where that is demanded',
      { compliance: { zeroDataRetention: true } },
      {},
      'middle',
    ],
    ['nobody who may not take such a step', { kindModels: { code: [middle.id] } }, {}, 'middle'],
    ['anybody for another kind', { kindModels: { plan: [middle.id] } }, {}, 'small'],
    ['the one that is named', { reader: { ...READER, model: middle.id } }, {}, 'middle'],
    [
      'nobody, where the named one is not in the pool',
      { reader: { ...READER, model: modelId('gone') } },
      {},
      undefined,
    ],
    [
      'nobody, where it would bill too much',
      { reader: { ...READER, maxStepNanoUsd: nanoFromUsd(1e-6) } },
      {},
      undefined,
    ],
    ['nobody, where nothing is left', {}, { leftNanoUsd: nanoFromUsd(0) }, undefined],
    [
      'only the lane, where words carry a risk',
      { risk: { mode: 'lane', models: [middle.id] } },
      { risk: 'secrets' },
      'middle',
    ],
    [
      'the one that is named, at whichever host can be called',
      { reader: { ...READER, model: middle.id }, risk: { mode: 'lane', models: [middle.id] } },
      { risk: 'secrets', models: [large, { ...middle, id: modelId('eu/middle'), sameAs: middle.id }, small] },
      'eu/middle',
    ],
    ['nobody, where a risk may only move up', { risk: { mode: 'lane' } }, { risk: 'personal-data' }, undefined],
    ['the cheapest, where risks are only watched', { risk: { mode: 'watch' } }, { risk: 'jailbreak' }, 'small'],
  ])('%s', (_, policy, part, expected) => {
    expect(chosen(policy, part)).toBe(expected);
  });

  test('none that is known to be far weaker than the pool, nor one that no schema holds where another is', () => {
    const weak = aModel({ id: modelId('weak'), prices: priced(0.01), abilityIndex: 10 });
    const loose = aModel({ id: modelId('loose'), prices: priced(0.02), abilityIndex: 50, structuredOutput: false });
    expect(chosen({}, { models: [...POOL, weak, loose] })).toBe('small');
    expect(chosen({}, { models: [loose] })).toBe('loose');
    expect(chosen({}, { models: [weak] })).toBe('weak');
  });

  test('never one that the policy keeps from such a step', () => {
    const some = fc.subarray(POOL.map((model) => model.id));
    fc.assert(
      fc.property(some, fc.option(some), fc.option(some), fc.boolean(), (deny, allow, kinds, keeps) => {
        const policy = aPolicy({
          reader: READER,
          denyModels: deny,
          allowModels: allow ?? undefined,
          kindModels: kinds === null ? {} : { code: kinds },
          compliance: keeps ? { zeroDataRetention: true } : {},
        });
        const needs = {
          policy,
          models: POOL,
          kind: 'code',
          risk: 'none',
          leftNanoUsd: undefined,
          now: TEST_NOW,
        } as const;
        const model = readingModel(QUESTION, needs)?.model;
        if (model === undefined) return;
        expect(rejectAlways(policy, model)).toBeUndefined();
        expect(rejectForKind(policy, model, 'code')).toBeUndefined();
      }),
    );
  });
});
