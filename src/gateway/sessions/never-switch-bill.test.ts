import { expect, test } from 'vitest';
import type { Model } from '../../domain/model.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { TEST_NOW, aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/index.ts';
import { recordNeverSwitch } from './never-switch-bill.ts';
import { createSessionStore, type Thread } from './session-store.ts';

const prices = { base: aPriceRow({ input: 10, output: 50, cacheRead: 1, cacheWrite: 12 }), tiers: [], peak: undefined };
const cacheRule = anExplicitCache({ minTokens: 100, ttlMs: 300_000, priorHitRatio: 1 });
const first = aModel({ id: modelId('first'), prices, cacheRule, tokenRatio: 1 });
/** Counts twice as many tokens for the same text. */
const other = aModel({ id: modelId('other'), prices, cacheRule, tokenRatio: 2 });
const NANO = 1000;
const BILLED = 777;

function aThread(): Thread {
  const store = createSessionStore({ maxCount: 10, ttlMs: 1000 });
  const key = { session: 's', thread: undefined };
  const lookup = {
    tenant: 't',
    key: key as never,
    fingerprints: [],
    headFingerprint: 1,
    firstAnswerIndex: 0,
    firstUserIndex: 0,
    now: TEST_NOW,
  };
  return store.find({ ...lookup, isAside: false, hasTools: false, isCut: () => false }).thread;
}

/** Books calls whose prompts hold that many tokens as `first` counts them, each answered with 100. */
function source(calls: readonly (readonly [model: Model, prompt: number, atMs: number])[]): readonly number[] {
  const thread = aThread();
  return calls.map(([model, prompt, atMs]) =>
    recordNeverSwitch(thread, first, {
      model,
      usage: {
        uncachedTokens: prompt * model.tokenRatio,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        cacheWrite1hTokens: undefined,
        outputTokens: 100 * model.tokenRatio,
        reasoningTokens: undefined,
      },
      billNanoUsd: toNanoUsd(BILLED),
      at: TEST_NOW + atMs,
    }),
  );
}

test('a transcript that never left its first model would have billed what it billed', () => {
  expect(
    source([
      [first, 1000, 0],
      [first, 1500, 1000],
    ]),
  ).toEqual([BILLED, BILLED]);
});

test('on another model it is the same text on the first one, read as far as it was sent before', () => {
  const [, second, third] = source([
    [first, 1000, 0],
    [other, 1500, 1000],
    [first, 2000, 2000],
  ]);
  expect(second).toBe((1000 * 1 + 500 * 12 + 100 * 50) * NANO);
  // Never switching would have found the 1,500 warm, whatever this return has cost.
  expect(third).toBe((1500 * 1 + 500 * 12 + 100 * 50) * NANO);
});

test('a pause past the time to live and a transcript that was rewritten make it write everything', () => {
  const cold = (1500 * 12 + 100 * 50) * NANO;
  expect(
    source([
      [first, 1000, 0],
      [other, 1500, 400_000],
    ])[1],
  ).toBe(cold);
  expect(
    source([
      [first, 4000, 0],
      [other, 1500, 1000],
    ])[1],
  ).toBe(cold);
});
