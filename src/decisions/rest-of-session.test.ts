import { describe, expect, test } from 'vitest';
import { decide } from '../router/decide.ts';
import { aDecideInput, aPolicy, aQuality, aSession, aStep, aStepSize } from '../testing/decision-builders.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { isUnread, restOfSession } from './rest-of-session.ts';

const dear = aModel({
  id: modelId('dear'),
  prices: { base: aPriceRow({ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }), tiers: [], peak: undefined },
});
const cheap = aModel({
  id: modelId('cheap'),
  prices: { base: aPriceRow({ input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }), tiers: [], peak: undefined },
});
const quality = [
  { ...aQuality(dear.id), successRatio: 0.9 },
  { ...aQuality(cheap.id), successRatio: 0.7 },
];
const size = aStepSize({ callCount: 2, pieceRatio: 0.4 });

function chosen(transcriptTokens: number, forecast: ReturnType<typeof restOfSession>): string | undefined {
  const decision = decide(
    aDecideInput({
      models: [dear, cheap],
      step: aStep({ kind: 'other', modes: ['continue'], size }),
      session: aSession({ incumbent: undefined, transcriptTokens }),
      quality,
      forecast,
      policy: aPolicy(),
    }),
  );
  return decision.kind === 'refuse' ? undefined : decision.to;
}

describe('the rest of a session that nobody has read', () => {
  const rest = restOfSession({ kind: 'other', size }, quality);

  test('is sixty calls that leave the transcript as long as it was', () => {
    expect(rest.reduce((sum, step) => sum + step.size.callCount, 0)).toBe(60);
    for (const { size: each } of rest) {
      const grown = each.callCount * (each.newTokensPerCall + each.outputTokensPerCall) + (each.closingTokens ?? 0);
      expect(grown).toBeCloseTo(0);
    }
  });

  test('is in the price of the first pick: a long transcript goes to the model that is cheap to go on with', () => {
    expect(chosen(140_000, rest)).toBe(cheap.id);
  });

  test('holds only where nobody knows what a step is for: a doubtful kind of work is known better, and sure small talk too', () => {
    const features = (kind: 'other' | 'code', kindConfidenceRatio: number): Parameters<typeof isUnread>[0] =>
      ({ kind, kindConfidenceRatio }) as Parameters<typeof isUnread>[0];
    expect(isUnread(features('other', 0.2))).toBe(true);
    expect(isUnread(features('other', 0.9))).toBe(false);
    expect(isUnread(features('code', 0.2))).toBe(false);
  });
});
