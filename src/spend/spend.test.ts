import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { toNanoUsd } from '../domain/money.ts';
import { HOUR_MS } from '../domain/time.ts';
import { countOnce } from './count-once.ts';
import { groupKeyOf, GROUPINGS } from './group-key.ts';
import { spendTable } from './spend-table.ts';
import type { SpentCall } from './spent-call.ts';

const NOON = Date.UTC(2026, 10, 29, 12);

function aSpentCall(own: Partial<SpentCall> = {}): SpentCall {
  return {
    source: 'log',
    at: NOON,
    model: 'claude-opus-5-5',
    harness: 'claude-code',
    project: '/home/dev/project',
    key: undefined,
    sessionId: 's1',
    requestId: undefined,
    usage: usageOf(1000, 100),
    billNanoUsd: toNanoUsd(7_500_000),
    mayHaveBilledNanoUsd: undefined,
    unpriced: [],
    ...own,
  };
}

function usageOf(input: number, output: number): NonNullable<SpentCall['usage']> {
  return {
    uncachedTokens: input,
    cacheReadTokens: 0,
    cacheWriteTokens: undefined,
    cacheWrite1hTokens: undefined,
    outputTokens: output,
    reasoningTokens: undefined,
  };
}

const keysOf = (calls: readonly SpentCall[], by: (typeof GROUPINGS)[number], zone = 'UTC'): readonly string[] =>
  spendTable(calls, by, zone).rows.map((row) => row.key);

describe('what was spent', () => {
  test.each([
    ['day', 'UTC', '2026-11-29'],
    ['day', 'Pacific/Kiritimati', '2026-11-30'],
    ['week', 'UTC', '2026-W48'],
    ['week', 'Pacific/Kiritimati', '2026-W49'],
    ['month', 'UTC', '2026-11'],
  ] as const)('a call at noon lies in the %s of %s: %s', (by, zone, key) => {
    expect(groupKeyOf(by, zone)(aSpentCall())).toBe(key);
  });

  test.each([
    [Date.UTC(2026, 11, 31), '2026-W53'],
    [Date.UTC(2027, 0, 3), '2026-W53'],
    [Date.UTC(2027, 0, 4), '2027-W01'],
    [Date.UTC(2024, 11, 30), '2025-W01'],
  ])('weeks are those of ISO 8601: %d lies in %s', (at, key) => {
    expect(groupKeyOf('week', 'UTC')(aSpentCall({ at }))).toBe(key);
  });

  test('a block begins with the full hour of its first call and lasts five hours', () => {
    const at = [0.4, 1, 5.1, 5.3, 11].map((hours) => NOON + hours * HOUR_MS);
    expect(
      keysOf(
        at.map((moment) => aSpentCall({ at: moment })),
        'block',
      ),
    ).toEqual(['2026-11-29 12:00', '2026-11-29 17:00', '2026-11-29 23:00']);
  });

  test('what is not known has a row of its own, and no amount', () => {
    const unknown = aSpentCall({ at: undefined, project: undefined, billNanoUsd: undefined, unpriced: ['price of x'] });
    expect(keysOf([unknown], 'day')).toEqual(['no date']);
    expect(keysOf([unknown], 'project')).toEqual(['(unknown)']);
    expect(keysOf([unknown], 'key')).toEqual(['(no key)']);
    const { total, unpriced } = spendTable([unknown, aSpentCall()], 'day', 'UTC');
    expect(total).toMatchObject({ callCount: 2, billNanoUsd: 7_500_000, unknownBillCallCount: 1 });
    expect(unpriced).toEqual([{ what: 'price of x', callCount: 1 }]);
  });

  test('whatever the rows are for, they add up to the total, to the nano-dollar', () => {
    const calls = fc.array(
      fc.record({
        at: fc.option(fc.integer({ min: NOON - 1e10, max: NOON }), { nil: undefined }),
        model: fc.constantFrom('a', 'b'),
        project: fc.option(fc.constantFrom('/x', '/y'), { nil: undefined }),
        bill: fc.option(fc.nat(2 ** 40), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(calls, fc.constantFrom(...GROUPINGS), (list, by) => {
        const spent = list.map(({ bill, ...own }) =>
          aSpentCall({ ...own, billNanoUsd: bill === undefined ? undefined : toNanoUsd(bill) }),
        );
        const { rows, total } = spendTable(spent, by, 'Europe/Lisbon');
        expect(rows.reduce((sum, row) => sum + row.billNanoUsd, 0)).toBe(total.billNanoUsd);
        expect(total.billNanoUsd).toBe(list.reduce((sum, { bill }) => sum + (bill ?? 0), 0));
        expect(rows.reduce((sum, row) => sum + row.callCount, 0)).toBe(list.length);
      }),
    );
  });
});

describe('a call that a client logged and the gateway recorded', () => {
  const recorded = (own: Partial<SpentCall>): SpentCall => aSpentCall({ source: 'gateway', key: 'laptop', ...own });

  test('counts once, as the gateway knows it', () => {
    const log = aSpentCall({ requestId: 'req_1', at: NOON + 20_000 });
    const { calls, repeatedCount } = countOnce([recorded({ requestId: 'req_1' }), log]);
    expect({ repeatedCount, keys: calls.map((call) => call.key) }).toEqual({ repeatedCount: 1, keys: ['laptop'] });
  });

  test('is told by its tokens and time where the log has no request id', () => {
    const same = aSpentCall({ at: NOON + 60_000 });
    const later = aSpentCall({ at: NOON + HOUR_MS });
    const other = aSpentCall({ usage: usageOf(1001, 100) });
    expect(countOnce([recorded({}), same, later, other]).repeatedCount).toBe(1);
  });

  test('is not one with another request id, however alike: that one went past the gateway', () => {
    const own = aSpentCall({ requestId: 'req_1', at: NOON + 20_000 });
    const past = aSpentCall({ requestId: 'req_2', at: NOON });
    const { calls } = countOnce([past, recorded({ requestId: 'req_1' }), own]);
    expect(calls.map(({ requestId, source }) => [requestId, source])).toEqual([
      ['req_2', 'log'],
      ['req_1', 'gateway'],
    ]);
  });

  test('is the nearest in time of those that are alike, and never one that a name has taken', () => {
    const records = [recorded({ at: NOON }), recorded({ at: NOON + 9 * 60_000 })];
    const logs = [aSpentCall({ at: NOON + 8 * 60_000 }), aSpentCall({ at: NOON - 5 * 60_000 })];
    expect(countOnce([...records, ...logs]).repeatedCount).toBe(2);
    const unnamed = aSpentCall({ at: NOON + 1000 });
    const named = aSpentCall({ requestId: 'req_1' });
    expect(countOnce([unnamed, named, recorded({ requestId: 'req_1' })]).calls).toContain(unnamed);
  });

  test('two equal calls of a log are not both taken for one record', () => {
    expect(countOnce([recorded({}), aSpentCall(), aSpentCall()])).toMatchObject({ repeatedCount: 1 });
  });

  test('calls without a usage are never taken for each other, and jobs are no logs', () => {
    const silent = { usage: undefined, billNanoUsd: undefined };
    expect(countOnce([recorded(silent), aSpentCall(silent), aSpentCall({ source: 'job' })]).repeatedCount).toBe(0);
  });
});

test('a table by day makes its calendar once, however many calls it has', () => {
  const made = vi.spyOn(Intl, 'DateTimeFormat');
  try {
    const calls = Array.from({ length: 200 }, (_, index) => aSpentCall({ at: NOON + index * HOUR_MS }));
    expect(spendTable(calls, 'day', 'Europe/Lisbon').rows.length).toBe(9);
    expect(made).toHaveBeenCalledOnce();
  } finally {
    made.mockRestore();
  }
});

test('a day ends at midnight of its zone, also where that is no full hour of UTC', () => {
  const dayOf = groupKeyOf('day', 'Asia/Kathmandu');
  const midnight = Date.UTC(2026, 10, 29, 18, 15);
  expect([midnight - 1, midnight].map((at) => dayOf(aSpentCall({ at })))).toEqual(['2026-11-29', '2026-11-30']);
});
