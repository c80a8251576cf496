import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExpectedStretch } from '../predict/forecast/stretches.ts';
import { decide } from '../router/decide.ts';
import { aDecideInput, aPolicy, aQuality, aSession, aStep, aStepSize } from '../testing/decision-builders.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { isUnread, restOfSession, roomTokens, type RestOfSession } from './rest-of-session.ts';

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
const table = {
  threadCount: 1,
  callsPerTurn: 5,
  weights: { calls: [], pieces: [], laterCalls: [], laterPieces: [] },
  promptWeights: [],
  newTokensPerCall: 1200,
  outputTokensPerCall: 400,
};

function restOf(expected: ExpectedStretch, room = 40_000, isWholeTurn = false, of = size): RestOfSession {
  return restOfSession({ table, expected, size: of, kind: 'other', quality, roomTokens: room, isWholeTurn });
}

function chosen(transcriptTokens: number, rest: RestOfSession): string | undefined {
  const decision = decide(
    aDecideInput({
      models: [dear, cheap],
      step: aStep({ kind: 'other', modes: ['continue'], size: rest.size }),
      session: aSession({ incumbent: undefined, transcriptTokens }),
      quality,
      forecast: rest.forecast,
      policy: aPolicy(),
    }),
  );
  return decision.kind === 'refuse' ? undefined : decision.to;
}

const long = { callCount: 20, pieceRatio: 0.8, laterCallCount: 20, laterPieceRatio: 0.8 };

describe('the rest of a session that nobody has read', () => {
  test('is in the price of the first pick: long turns on a long transcript go to the model that is cheap to go on with', () => {
    expect(chosen(140_000, restOf(long))).toBe(cheap.id);
  });

  test('short turns, of which each is a piece of work of its own, go to the abler one', () => {
    expect(chosen(20_000, restOf({ callCount: 1.5, pieceRatio: 0.3, laterCallCount: 20, laterPieceRatio: 5 }))).toBe(
      dear.id,
    );
  });

  test('keeps all calls and all pieces, however few they are, and the step at hand no more than it has', () => {
    const amount = fc.double({ min: 0.1, max: 200, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, amount, (calls, pieceRatio, laterCallCount, laterPieceRatio) => {
        const callCount = Math.max(1, calls);
        const { size: now, forecast } = restOf({ callCount, pieceRatio, laterCallCount, laterPieceRatio });
        const [later] = forecast;
        const ahead = later?.probabilityRatio ?? 0;
        expect(now.callCount).toBe(Math.min(size.callCount, callCount));
        expect(now.callCount + ahead * (later?.size.callCount ?? 0)).toBeCloseTo(callCount + laterCallCount, 6);
        const pieces = (now.pieceRatio ?? 0) + ahead * (later?.size.pieceRatio ?? 0);
        expect(pieces).toBeCloseTo(pieceRatio + laterPieceRatio, 6);
        expect(later?.size.callCount ?? 1).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test('is the turns to come where the step is the whole turn, however long turns usually are', () => {
    const { size: now, forecast } = restOf(long, 40_000, true);
    expect([now.callCount, now.pieceRatio]).toEqual([size.callCount, size.pieceRatio]);
    expect(forecast.map((later) => [later.size.callCount, later.size.pieceRatio])).toEqual([[20, 0.8]]);
  });

  test('knows how unsure all calls of the step are, and of a part of them or of later ones nothing', () => {
    const unsure = { ...size, callSquareRatio: 3 };
    const whole = restOf(long, 40_000, false, unsure);
    expect([whole.size.callSquareRatio, whole.forecast[0]?.size.callSquareRatio]).toEqual([3, undefined]);
    const part = restOf({ ...long, callCount: 1 }, 40_000, false, unsure);
    expect([part.size.callCount, part.size.callSquareRatio]).toEqual([1, undefined]);
  });

  test('never grows out of the smallest window by itself: a client cuts its transcript before that', () => {
    const room = roomTokens([dear, cheap], 190_000);
    const rest = restOf({ ...long, laterCallCount: 100 }, room);
    expect(room).toBe(0);
    expect(rest.size.newTokensPerCall).toBe(0);
    expect(roomTokens([dear, { ...cheap, contextTokens: 100_000 }], 50_000)).toBe(30_000);
  });

  test('is nothing where no call is expected', () => {
    expect(restOf({ callCount: 1, pieceRatio: 0.2, laterCallCount: 0, laterPieceRatio: 0 }).forecast).toEqual([]);
  });

  test('holds only where nobody knows what a step is for: a doubtful kind of work is known better, and sure small talk too', () => {
    const features = (kind: 'other' | 'code', kindConfidenceRatio: number): Parameters<typeof isUnread>[0] =>
      ({ kind, kindConfidenceRatio }) as Parameters<typeof isUnread>[0];
    expect(isUnread(features('other', 0.2))).toBe(true);
    expect(isUnread(features('other', 0.9))).toBe(false);
    expect(isUnread(features('code', 0.2))).toBe(false);
  });
});
