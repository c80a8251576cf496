import { describe, expect, test } from 'vitest';
import type { DecideInput, PauseOutlook } from '../domain/decision.ts';
import { toNanoUsd, ZERO_USD } from '../domain/money.ts';
import { aDecideInput, aPolicy, aSession, aStep, aStepSize, aWarmth } from '../testing/decision-builders.ts';
import { aModel, anAutomaticCache } from '../testing/model-builders.ts';
import { RETURN_EDGES_MS } from '../warmth/returns.ts';
import { decide } from './decide.ts';

const model = aModel();
const MINUTE_MS = 60_000;

/** The next turn comes between these two times, or never. */
function returning(fromMs: number, untilMs: number, ratio = 1): PauseOutlook {
  const byEdge = RETURN_EDGES_MS.map((edge) => (edge <= fromMs ? 0 : edge >= untilMs ? ratio : ratio / 2));
  const none = { pingedNanoUsd: ZERO_USD, savedNanoUsd: ZERO_USD };
  return { byEdge, keptRatio: 1, callCount: 2, growthTokens: 500, ...none };
}

const LATE = returning(20 * MINUTE_MS, 60 * MINUTE_MS);

function inputOf(pause: PauseOutlook | undefined, more: Partial<DecideInput> = {}): DecideInput {
  return aDecideInput({
    models: [model],
    policy: aPolicy({ keepAlive: true, pingOverheadRatio: 10 }),
    session: aSession({ transcriptTokens: 100_000, spentNanoUsd: toNanoUsd(1e9) }),
    step: aStep({ size: aStepSize({ instructionTokens: 0 }), modes: ['continue'] }),
    ...(pause === undefined ? {} : { pause }),
    ...more,
  });
}

const kindOf = (input: DecideInput): string | undefined => decide(input).pause?.kind;

describe('what is done about pauses', () => {
  test('is the cheapest of letting go, pings and an hour', () => {
    expect(kindOf(inputOf(LATE))).toBe('hour');
    expect(kindOf(inputOf(returning(6 * MINUTE_MS, 10 * MINUTE_MS)))).toBe('ping');
    expect(kindOf(inputOf(returning(120 * MINUTE_MS, 480 * MINUTE_MS)))).toBe('let-go');
    expect(kindOf(inputOf(returning(0, MINUTE_MS)))).toBe('let-go');
  });

  test('stays within what the policy lets pings and hours cost', () => {
    const tight = aPolicy({ keepAlive: true, pingOverheadRatio: 0.0001 });
    expect(kindOf(inputOf(LATE, { policy: tight }))).not.toBe('hour');
    const soon = returning(6 * MINUTE_MS, 10 * MINUTE_MS);
    expect(kindOf(inputOf(soon, { policy: aPolicy({ keepAlive: true, pingOverheadRatio: 0 }) }))).toBe('let-go');
    // What they have saved so far may be spent again.
    const saved = { ...LATE, savedNanoUsd: toNanoUsd(1e9) };
    expect(kindOf(inputOf(saved, { policy: tight }))).toBe('hour');
  });

  test.each<[string, DecideInput]>([
    ['where nobody may do anything', inputOf(undefined)],
    ['where the policy keeps nothing warm', inputOf(LATE, { policy: aPolicy({ keepAlive: false }) })],
    ['where the vendor sells no hour', inputOf(LATE, { models: [aModel({ cacheRule: anAutomaticCache() })] })],
    ['where most of the prompt is warm', inputOf(LATE, { warmth: [aWarmth(model.id, 90_000)] })],
  ])('is nothing %s', (_name, input) => {
    expect(decide(input).pause).toBeUndefined();
  });

  test('changes no choice of a model, and no price of it', () => {
    const { pause: _, ...plain } = decide(inputOf(LATE));
    expect(plain).toEqual(decide(inputOf(undefined)));
  });
});
