import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toNanoUsd } from '../domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { keepAlivePlan, pingNanoUsd, rewriteNanoUsd } from './keep-alive.ts';
import { isWithinPingBound, pausePlan } from './pause-plan.ts';
import { observeReturn, returnedBy, returnHazard, returnsWithin, type ReturnHazard } from './return-hazard.ts';
import { RETURN_EDGES_MS, type PauseContext, type ReturnTable } from './returns.ts';

const TTL_MS = 5 * MINUTE_MS;
const MODEL = aModel({
  id: modelId('renews'),
  prices: { base: aPriceRow({ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }), tiers: [], peak: undefined },
  cacheRule: {
    kind: 'explicit',
    minTokens: 1024,
    granularityTokens: 1,
    ttlMs: TTL_MS,
    longTtlMs: HOUR_MS,
    maxMarkers: 4,
    lookBackBlocks: 20,
    exactBreakpoint: false,
    priorHitRatio: 1,
    renewsOnRead: true,
    source: 'test',
    asOf: '2026-11-29',
  },
});
const HELD = { heldTokens: 100_000, promptTokens: 100_000 };
const EVERY_MS = keepAlivePlan(MODEL)?.everyMs ?? 0;

/** Shares of calls that are followed at these pauses; the rest never is. */
function hazardOf(shares: Readonly<Record<number, number>>, keptRatio = 1): ReturnHazard {
  const at = (bound: number): number =>
    Object.entries(shares).reduce(
      (sum, [minutes, share]) => (Number(minutes) * MINUTE_MS <= bound ? sum + share : sum),
      0,
    );
  return { byEdge: RETURN_EDGES_MS.map(at), keptRatio };
}
const planOf = (hazard: ReturnHazard): ReturnType<typeof pausePlan> =>
  pausePlan(MODEL, HELD, { hazard, outputTokens: 0, at: 0 });

/** What `count` pings at most bill in the mean beyond none, by adding up many pauses that follow the hazard. */
function meanBill(hazard: ReturnHazard, count: number): number {
  const ping = pingNanoUsd(MODEL, HELD, 0, 0);
  const saved = hazard.keptRatio * rewriteNanoUsd(MODEL, HELD, 0);
  let sum = 0;
  const slice = 20_000;
  const last = 24 * HOUR_MS;
  for (let from = 0; from < last; from += slice) {
    const share = returnedBy(hazard, from + slice) - returnedBy(hazard, from);
    const gap = from + slice / 2;
    const sent = Math.min(count, Math.floor(gap / EVERY_MS));
    const isWarm = gap > TTL_MS && gap <= sent * EVERY_MS + TTL_MS;
    sum += share * (sent * ping - (isWarm ? saved : 0));
  }
  return sum + (1 - returnedBy(hazard, last)) * count * ping;
}

describe('pings of a waiting prefix', () => {
  test.each([
    ['none where nobody comes back', hazardOf({}), undefined],
    ['none where all come back in time', hazardOf({ 1: 1 }), undefined],
    ['one where most come back at seven minutes', hazardOf({ 2: 0.2, 7.5: 0.8 }), 1],
    ['none where what comes back begins with nothing of it', hazardOf({ 7.5: 1 }, 0), undefined],
    ['as many as reach the time at which all come back', hazardOf({ 30: 1 }), 6],
    ['none where they come back after more than a rewrite would have cost', hazardOf({ 240: 1 }), undefined],
  ])('%s', (_name, hazard, count) => {
    expect(planOf(hazard)?.maxCount).toBe(count);
  });

  test('no other number of pings bills less in the mean, and the plan says how much it bills', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(share, { minLength: RETURN_EDGES_MS.length, maxLength: RETURN_EDGES_MS.length }),
        share,
        share,
        (weights, all, kept) => {
          const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
          let reached = 0;
          const byEdge = weights.map((weight) => (reached += (all * weight) / sum));
          const hazard = { byEdge, keptRatio: kept };
          const bills = Array.from({ length: 12 }, (_, count) => meanBill(hazard, count));
          const plan = planOf(hazard);
          const slack = 0.02 * rewriteNanoUsd(MODEL, HELD, 0);
          expect((bills[plan?.maxCount ?? 0] ?? 0) - Math.min(...bills)).toBeLessThan(slack);
          expect(Math.abs((plan?.expectedNanoUsd ?? 0) - (bills[plan?.maxCount ?? 0] ?? 0))).toBeLessThan(slack);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('none where the vendor does not state that a read renews', () => {
    const { cacheRule } = MODEL;
    const silent = cacheRule.kind === 'none' ? cacheRule : { ...cacheRule, renewsOnRead: false };
    const of = { hazard: hazardOf({ 7.5: 1 }), outputTokens: 0, at: 0 };
    expect(pausePlan({ ...MODEL, cacheRule: silent }, HELD, of)).toBeUndefined();
  });
});

describe('the hazard of a return', () => {
  const counts = (returned: readonly number[], never: number): { returned: readonly number[]; never: number } => ({
    returned: RETURN_EDGES_MS.map((_, index) => returned[index] ?? 0),
    never,
  });
  const context: PauseContext = { waitFor: 'person', hasPaused: false, callCount: 40, promptTokens: 90_000 };

  test('rises with time, ends where the counts do, and follows a narrow context where that was seen often', () => {
    const table: ReturnTable = {
      counts: { person: counts([50, 50], 100), 'person|steady|late|long': counts([0, 900], 100) },
      keptRatio: { person: 0.7 },
    };
    const hazard = returnHazard(table, context);
    expect(hazard.keptRatio).toBe(0.7);
    let before = 0;
    for (let ms = 0; ms < 30 * HOUR_MS; ms += 7000) {
      expect(returnedBy(hazard, ms)).toBeGreaterThanOrEqual(before);
      before = returnedBy(hazard, ms);
    }
    expect(returnedBy(hazard, MINUTE_MS)).toBeGreaterThan(0.85);
    expect(returnedBy(returnHazard(table, { ...context, hasPaused: true }), MINUTE_MS)).toBeCloseTo(0.5);
    expect(returnsWithin(hazard, 2 * MINUTE_MS, HOUR_MS)).toBe(0);
  });

  test('is drawn to what the thread itself has seen', () => {
    const table: ReturnTable = { counts: { person: counts([10], 90) }, keptRatio: {} };
    const own = Array.from({ length: 40 }).reduce<Parameters<typeof returnHazard>[2]>(
      (seen) => observeReturn(seen ?? {}, 'person', 50_000),
      {},
    );
    expect(returnedBy(returnHazard(table, context), MINUTE_MS)).toBeCloseTo(0.1);
    expect(returnedBy(returnHazard(table, context, own), MINUTE_MS)).toBeGreaterThan(0.5);
  });

  test('of a context that nobody has seen is nothing at all', () => {
    expect(returnedBy(returnHazard({ counts: {}, keptRatio: {} }, context), 24 * HOUR_MS)).toBe(0);
  });
});

test('a session never bills more than the bound above what it would have without pings, whatever comes of them', () => {
  const amount = fc.integer({ min: 1, max: 1_000_000 });
  const event = fc.record({ type: fc.constantFrom('call', 'ping', 'saved'), nano: amount });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.double({ min: 0, max: 0.5, noNaN: true }), (events, ratio) => {
      const sums = { calls: 0, pinged: 0, saved: 0 };
      for (const { type, nano } of events) {
        if (type === 'call') sums.calls += nano;
        else if (type === 'saved') sums.saved += Math.min(nano, sums.calls);
        else {
          const account = {
            spentNanoUsd: toNanoUsd(sums.calls + sums.pinged - sums.saved),
            pingedNanoUsd: toNanoUsd(sums.pinged),
            savedNanoUsd: toNanoUsd(sums.saved),
          };
          if (isWithinPingBound(account, toNanoUsd(nano), ratio)) sums.pinged += nano;
        }
        expect(sums.pinged - sums.saved).toBeLessThanOrEqual(ratio * sums.calls + 1e-6);
      }
    }),
  );
});
