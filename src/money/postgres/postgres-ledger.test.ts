import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { PointsmanError } from '../../domain/errors.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { DAY_MS } from '../../domain/time.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { ledgerContract } from '../../testing/ledger-contract.ts';
import { accountOf, type Ask, type MoneyLedger } from '../ledger.ts';
import { PERIODS } from '../period.ts';
import { openLedgerHere } from '../sqlite/sqlite-ledger.ts';
import { openPostgresLedger } from './postgres-ledger.ts';
import { toWish } from './wishes.ts';

const server = await openTestPostgres();
const AT = Date.UTC(2026, 8, 30, 12);
const KEY = accountOf('key', 'k1');

async function open(address: string, faults: PointsmanError[] = []): Promise<MoneyLedger & { postgres: Postgres }> {
  const postgres = await openPostgres(address);
  const ledger = await openPostgresLedger(postgres, { onFault: (error) => faults.push(error) });
  const close = async (): Promise<void> => {
    await ledger.close();
    await postgres.close();
  };
  onTestFinished(close);
  return { ...ledger, close, postgres };
}

const anAsk = (id: string, change: Partial<Ask> = {}): Ask => ({
  id,
  charges: [{ account: KEY, limits: { total: toNanoUsd(100) } }],
  expectedNanoUsd: toNanoUsd(10),
  worstNanoUsd: toNanoUsd(60),
  at: AT,
  ...change,
});

describe.skipIf(server === undefined)('the ledger on PostgreSQL', () => {
  const fresh = (): string => server?.freshAddress() ?? '';

  describe('keeps the contract', () => {
    test.each(
      ledgerContract(async () => {
        const address = fresh();
        return () => open(address);
      }),
    )('$name', ({ run }) => run());
  });

  test('judges as the one on a file does, whatever is asked of it', async () => {
    const amount = fc.integer({ min: 0, max: 120 }).map(toNanoUsd);
    const limits = fc.record(Object.fromEntries(PERIODS.map((period) => [period, amount])), { requiredKeys: [] });
    const charge = fc.record({
      account: fc.constantFrom(KEY, accountOf('job', 'j'), accountOf('session', 's')),
      limits,
    });
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('reserve' as const),
        charges: fc.uniqueArray(charge, { minLength: 1, maxLength: 3, selector: ({ account }) => account }),
        expectedNanoUsd: amount,
        worstNanoUsd: fc.option(amount, { nil: undefined }),
        at: fc.integer({ min: 0, max: 40 }).map((days) => AT + days * DAY_MS),
      }),
      fc.record({
        kind: fc.constantFrom('bill' as const, 'guess' as const, 'release' as const, 'progress' as const),
        of: fc.nat(8),
        amount,
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const ledgers = [openLedgerHere({ file: ':memory:', onFault: () => undefined }), await open(fresh())];
        const said = await Promise.all(
          ledgers.map(async (ledger) => {
            const answers: unknown[] = [];
            let count = 0;
            for (const one of steps) {
              if (one.kind === 'reserve') {
                const { charges, expectedNanoUsd, worstNanoUsd, at } = one;
                answers.push(await ledger.reserve({ id: `c${count++}`, charges, expectedNanoUsd, worstNanoUsd, at }));
                continue;
              }
              const id = `c${one.of}`;
              if (one.kind === 'bill') ledger.settle(id, { kind: 'billed', nanoUsd: one.amount });
              else if (one.kind === 'guess') ledger.settle(id, { kind: 'unknown', atLeastNanoUsd: one.amount });
              else if (one.kind === 'release') ledger.release(id);
              else ledger.progress(id, one.amount);
            }
            answers.push(await ledger.standings(KEY, AT + 20 * DAY_MS));
            await ledger.close();
            return answers;
          }),
        );
        expect(said[1]).toEqual(said[0]);
      }),
      { numRuns: 25 },
    );
  });

  test('counts all that a process had set aside which has not been heard of, until it says better', async () => {
    const address = fresh();
    const [one, other] = [await open(address), await open(address)];
    await one.reserve(anAsk('a'));
    // As if it had been stopped: the server has not heard of it for long.
    await other.postgres.query("update money_processes set beat_at = beat_at - interval '40 seconds'");
    await other.postgres.query("select money_beat('third', '30 seconds')");
    expect((await other.standings(KEY, AT)).total).toEqual({ spentNanoUsd: 60, unknownNanoUsd: 60, heldNanoUsd: 0 });
    expect(await other.reserve(anAsk('b', { worstNanoUsd: undefined }))).toMatchObject({
      kind: 'reserved',
      heldNanoUsd: 40,
    });
    other.release('b');
    one.settle('a', { kind: 'billed', nanoUsd: toNanoUsd(12) });
    await one.flush();
    expect((await other.standings(KEY, AT)).total).toEqual({ spentNanoUsd: 12, unknownNanoUsd: 0, heldNanoUsd: 0 });
  });

  test('says of money that only a silent process holds when it counts as spent', async () => {
    const address = fresh();
    const [one, other] = [await open(address), await open(address)];
    await one.reserve(anAsk('a'));
    expect(await other.reserve(anAsk('b'))).not.toHaveProperty('freeInMs');
    await other.postgres.query("update money_processes set beat_at = beat_at - interval '20 seconds'");
    const answer = await other.reserve(anAsk('c'));
    expect(answer).toMatchObject({ kind: 'held' });
    const inMs = answer.kind === 'held' ? (answer.freeInMs ?? 0) : 0;
    expect(inMs).toBeGreaterThan(5000);
    expect(inMs).toBeLessThanOrEqual(15_000);
  });

  describe.each([1, 2, 5])('whose answer is lost %i times after it was carried out', (times) => {
    test('counts a bill once, and holds nothing for who was refused', async () => {
      const postgres = await openPostgres(fresh());
      let left = times;
      const lossy: Postgres = {
        ...postgres,
        query: async (sql, values) => {
          const answer = await postgres.query(sql, values);
          if (!sql.includes('money_apply') || left === 0) return answer as never;
          left -= 1;
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        },
      };
      const ledger = await openPostgresLedger(lossy, { onFault: () => undefined });
      onTestFinished(async () => {
        await ledger.close();
        await postgres.close();
      });
      const other = accountOf('job', 'j');
      const limits = { total: toNanoUsd(100) };
      const limited = ledger.reserve(anAsk('limited', { charges: [{ account: other, limits }] }));
      const free = ledger.reserve(anAsk('free', { charges: [{ account: KEY, limits: {} }] }));
      ledger.settle('free', { kind: 'billed', nanoUsd: toNanoUsd(7) });
      expect(await free).toMatchObject({ kind: 'reserved' });
      const isHeld = await limited.then(
        () => true,
        () => false,
      );
      expect((await ledger.standings(KEY, AT)).total).toEqual({ spentNanoUsd: 7, unknownNanoUsd: 0, heldNanoUsd: 0 });
      expect((await ledger.standings(other, AT)).total.heldNanoUsd).toBe(isHeld ? 60 : 0);
      expect(isHeld).toBe(times < 5);
    });
  });

  test('of two gateways that ask for the same money the second sees what the first set aside', async () => {
    const ledger = await open(fresh());
    const answered = new AbortController();
    const second = await ledger.postgres.transaction(async (first) => {
      const wish = toWish({ kind: 'reserve', ask: anAsk('first') });
      await first.query('select money_apply($1, $2)', ['another gateway', JSON.stringify([wish])]);
      const asked = ledger.reserve(anAsk('second')).finally(() => answered.abort());
      const waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted";
      while (!answered.signal.aborted && (await first.query(waiting)).count === 0) await wait(10);
      return { asked };
    });
    expect(await second.asked).toMatchObject({ kind: 'held', leftNanoUsd: 40 });
  });

  test('a machine whose clock is far ahead clears up nothing that is young', async () => {
    const address = fresh();
    const ledger = await open(address);
    const session = accountOf('session', 's');
    const at = Date.now();
    await ledger.reserve(anAsk('a', { charges: [{ account: session, limits: {} }], at }));
    ledger.settle('a', { kind: 'billed', nanoUsd: toNanoUsd(7) });
    await ledger.flush();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(at + 400 * DAY_MS);
    try {
      await open(address);
    } finally {
      clock.mockRestore();
    }
    expect((await ledger.standings(session, at)).total.spentNanoUsd).toBe(7);
  });

  test('a wish that cannot be served fails alone', async () => {
    const ledger = await open(fresh());
    const odd = anAsk('odd', { expectedNanoUsd: (2 ** 70) as never });
    const [refused, served] = await Promise.allSettled([ledger.reserve(odd), ledger.reserve(anAsk('a'))]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'record-unwritable' } });
    expect(served).toMatchObject({ status: 'fulfilled', value: { kind: 'reserved' } });
  });

  test('clears up as the file does: old days are one, old sessions are gone', async () => {
    const ledger = await open(fresh());
    const session = accountOf('session', 's');
    for (const days of [100, 90, 80, 3]) {
      const ask = anAsk(`d${days}`, {
        charges: [KEY, session].map((account) => ({ account, limits: {} })),
        at: AT - days * DAY_MS,
      });
      await ledger.reserve(ask);
      ledger.settle(ask.id, { kind: 'billed', nanoUsd: toNanoUsd(days) });
    }
    await ledger.flush();
    const today = Math.floor(AT / DAY_MS);
    await ledger.postgres.query('select money_clear_up($1, 2, 31, 62)', [today]);
    const { rows } = await ledger.postgres.query('select account, day, nano_usd from money_spent order by 1, 2');
    const days = rows
      .filter(({ account }) => account === KEY)
      .map(({ day, nano_usd: spent }) => [today - Number(day), spent]);
    expect(days).toEqual([
      [63, 270],
      [3, 3],
    ]);
    expect((await ledger.standings(session, AT)).total.spentNanoUsd).toBe(273);
    await ledger.postgres.query('select money_clear_up($1, 2, 31, 62)', [today + 40]);
    expect((await ledger.standings(session, AT)).total.spentNanoUsd).toBe(0);
  });
});
