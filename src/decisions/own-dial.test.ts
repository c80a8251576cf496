import { expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import { dialFor, ofBest } from './own-dial.ts';
import type { PolicyEffect } from './policy-effect.ts';

/** Notch by notch: USD of all steps, and success where the best reaches .9. */
const STREAM: readonly (readonly [usd: number, success: number])[] = [
  [20, 0.9],
  [15, 0.88],
  [9, 0.85],
  [5, 0.8],
  [4, 0.6],
];

const effects: readonly PolicyEffect[] = STREAM.map(([usd, successRatio], dial) => ({
  policyId: 'balanced',
  dial,
  maxRungs: 2,
  stepCount: 100,
  refusedCount: 0,
  movedCount: 0,
  billNanoUsd: nanoFromUsd(usd),
  successRatio,
  bestSuccessRatio: 0.9,
  models: [],
}));

test.each([
  ['as able as the bill allows', { mostNanoUsd: nanoFromUsd(10) }, 'meets', 2],
  ['the bill that is just met', { mostNanoUsd: nanoFromUsd(15) }, 'meets', 1],
  ['as thrifty as success allows', { leastSuccessRatio: 0.94 }, 'meets', 2],
  ['all of the best', { leastSuccessRatio: 1 }, 'meets', 0],
  ['both', { mostNanoUsd: nanoFromUsd(16), leastSuccessRatio: 0.88 }, 'meets', 3],
  ['too little money for anything', { mostNanoUsd: nanoFromUsd(3) }, 'bill', 4],
  ['cheap and good at once', { mostNanoUsd: nanoFromUsd(5), leastSuccessRatio: 0.95 }, 'both', 3],
] as const)('%s', (_, target, verdict, dial) => {
  const answer = dialFor(effects, target);
  expect(answer.kind === 'meets' ? ['meets', answer.effect.dial] : [answer.lacks, answer.nearest.dial]).toEqual([
    verdict,
    dial,
  ]);
});

test('a success that nothing reaches names the best there is', () => {
  const poorer = effects.map((effect) => ({ ...effect, bestSuccessRatio: 1 }));
  expect(dialFor(poorer, { leastSuccessRatio: 0.95 })).toMatchObject({
    kind: 'cannot',
    lacks: 'success',
    nearest: { dial: 0 },
  });
});

test('a notch that refuses steps is not cheap by it', () => {
  const refusing = effects.map((effect, dial) =>
    dial === 0 ? { ...effect, refusedCount: 60, billNanoUsd: nanoFromUsd(1) } : effect,
  );
  expect(dialFor(refusing, { mostNanoUsd: nanoFromUsd(10) })).toMatchObject({ kind: 'meets', effect: { dial: 2 } });
  expect(dialFor(refusing, { mostNanoUsd: nanoFromUsd(3) })).toMatchObject({ kind: 'cannot', nearest: { dial: 4 } });
});

test('steps that were all refused succeed at nothing', () => {
  const refused = { ...effects[0], successRatio: undefined, bestSuccessRatio: undefined } as PolicyEffect;
  expect(ofBest(refused)).toBe(0);
});

test('a longer ladder may meet what no notch does by itself', () => {
  const longer = { ...effects[3], maxRungs: 3, billNanoUsd: nanoFromUsd(6), successRatio: 0.89 } as PolicyEffect;
  const target = { mostNanoUsd: nanoFromUsd(10), leastSuccessRatio: 0.98 };
  expect(dialFor(effects, target).kind).toBe('cannot');
  expect(dialFor([...effects, longer], target)).toMatchObject({ kind: 'meets', effect: { dial: 3, maxRungs: 3 } });
});
