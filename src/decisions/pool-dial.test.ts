import { describe, expect, test } from 'vitest';
import { shippedModels } from '../catalog/load-catalog.ts';
import type { DecideInput } from '../domain/decision.ts';
import { meanOf } from '../domain/need.ts';
import { decide } from '../router/decide.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { streamInputs, withPoolDial } from './pool-dial.ts';

const models = shippedModels();
const POOLS = {
  anthropic: models.filter((model) => model.vendor === 'anthropic'),
  openai: models.filter((model) => model.vendor === 'openai' && !model.id.includes('/')),
  both: models.filter((model) => /^(?:anthropic|openai)$/u.test(model.vendor) && !model.id.includes('/')),
};
const policy = aPolicy({ dial: 5 });

describe.each(Object.entries(POOLS))('the dial on the %s pool', (_name, pool) => {
  const inputs = streamInputs(policy, pool);
  const dialled = withPoolDial(policy, pool, decide);
  const chosen = (input: DecideInput, dial: number): number => {
    const decision = decide({ ...input, policy: { ...dialled, dial } });
    return decision.candidates[0]?.successRatio ?? 0;
  };
  const hardness = ({ step }: DecideInput): number =>
    step.need === undefined ? 0 : meanOf(step.need.difficulty, [0, 0, 0, 1, 1]);
  const ranked = [...inputs].sort((a, b) => hardness(a) - hardness(b));
  const ofModels = (some: readonly DecideInput[], dial: number): string[] =>
    some.map((input) => {
      const decision = decide({ ...input, policy: { ...dialled, dial } });
      return decision.kind === 'refuse' ? 'none' : decision.to;
    });

  test('each notch changes who takes which step', () => {
    const mixes = Array.from({ length: 11 }, (_, dial) => ofModels(inputs, dial).join());
    expect(new Set(mixes).size).toBe(11);
  });

  test('no step gets a likelier model at a cheaper notch', () => {
    for (const input of inputs.slice(0, 40)) {
      const ratios = Array.from({ length: 11 }, (_, dial) => chosen(input, dial));
      for (const [dial, ratio] of ratios.entries())
        if (dial > 0) expect(ratio).toBeLessThanOrEqual((ratios[dial - 1] ?? 1) + 1e-9);
    }
  });

  test('in the middle hard steps and easy ones go to different models', () => {
    const count = (some: readonly string[], id: string): number => some.filter((one) => one === id).length;
    const [easy, hard] = [ofModels(ranked.slice(0, 40), 5), ofModels(ranked.slice(-40), 5)];
    const last = ofModels(ranked.slice(0, 40), 10);
    const cheapest = last.toSorted((a, b) => count(last, b) - count(last, a))[0] ?? '';
    expect(count(easy, cheapest)).toBeGreaterThan(2 * count(hard, cheapest) + 5);
  });
});

test('a scale that the policy states is left alone, and the same pool is measured once', () => {
  const stated = aPolicy({ dialFactors: Array.from({ length: 11 }, () => 1) });
  expect(withPoolDial(stated, POOLS.openai, decide)).toBe(stated);
  expect(withPoolDial(policy, [...POOLS.openai], decide)).toBe(withPoolDial(policy, POOLS.openai, decide));
});

test('a policy at another dial, as each request may bring its own, is not measured again', () => {
  let count = 0;
  const counted = (input: DecideInput): ReturnType<typeof decide> => {
    count += 1;
    return decide(input);
  };
  const { dialFactors } = withPoolDial(aPolicy({ dial: 3 }), POOLS.openai, counted);
  const measured = count;
  expect(measured).toBeGreaterThan(0);
  for (const dial of [0, 3, 10])
    expect(withPoolDial(aPolicy({ dial }), POOLS.openai, counted)).toMatchObject({ dial, dialFactors });
  expect(count).toBe(measured);
  withPoolDial(aPolicy({ dial: 3, frontierPenaltyRatio: 0.7 }), POOLS.openai, counted);
  expect(count).toBe(2 * measured);
});

test('models of the same names at other prices are measured anew', () => {
  const dear = POOLS.openai.map((model) => ({
    ...model,
    prices: {
      ...model.prices,
      base: { ...model.prices.base, input: 30 * model.prices.base.input, output: 30 * model.prices.base.output },
    },
  }));
  const usual = withPoolDial(policy, POOLS.openai, decide);
  expect(withPoolDial(policy, dear, decide).dialFactors).not.toEqual(usual.dialFactors);
});
