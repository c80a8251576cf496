import assert from 'node:assert/strict';
import { toNanoUsd } from '../domain/money.ts';
import { DAY_MS } from '../domain/time.ts';
import { accountOf, type Ask, type BudgetLimits, type MoneyLedger } from '../money/ledger.ts';
import type { ContractCase } from './contract-case.ts';

/** A Wednesday, the last day of a month. */
const AT = Date.UTC(2026, 8, 30, 12);
const KEY = accountOf('key', 'k1');
let nextId = 0;

function anAsk(limits: BudgetLimits, change: Partial<Ask> = {}): Ask {
  const id = `call-${nextId++}`;
  const charges = [{ account: KEY, limits }];
  return { id, charges, expectedNanoUsd: toNanoUsd(10), worstNanoUsd: toNanoUsd(40), at: AT, ...change };
}

const limit = (amount: number): BudgetLimits => ({ total: toNanoUsd(amount) });
const billed = (amount: number) => ({ kind: 'billed', nanoUsd: toNanoUsd(amount) }) as const;
const unknown = (atLeast = 0) => ({ kind: 'unknown', atLeastNanoUsd: toNanoUsd(atLeast) }) as const;

/**
 * What every ledger of money must do, whatever it stores in. `openLedger` opens the same store each time it is called within
 * one case; `makeStore` gives an empty one.
 */
export function ledgerContract(makeStore: () => Promise<() => Promise<MoneyLedger>>): readonly ContractCase[] {
  const cases: ContractCase[] = [];
  const promise = (name: string, check: (ledger: MoneyLedger) => Promise<void>): void => {
    const run = async (): Promise<void> => {
      const ledger = await (await makeStore())();
      try {
        await check(ledger);
      } finally {
        await ledger.close();
      }
    };
    cases.push({ name, run });
  };
  const total = async (ledger: MoneyLedger) => (await ledger.standings(KEY, AT)).total;

  promise('a call is reserved at its worst, and what it billed takes that place', async (ledger) => {
    const ask = anAsk(limit(100));
    assert.deepEqual(await ledger.reserve(ask), { kind: 'reserved', heldNanoUsd: 40 });
    assert.deepEqual(await total(ledger), { spentNanoUsd: 0, unknownNanoUsd: 0, heldNanoUsd: 40 });
    ledger.settle(ask.id, billed(7));
    ledger.settle(ask.id, billed(7));
    assert.deepEqual(await total(ledger), { spentNanoUsd: 7, unknownNanoUsd: 0, heldNanoUsd: 0 });
  });
  promise('a released call spends nothing', async (ledger) => {
    const ask = anAsk(limit(100));
    await ledger.reserve(ask);
    ledger.release(ask.id);
    ledger.settle(ask.id, billed(50));
    assert.deepEqual(await total(ledger), { spentNanoUsd: 0, unknownNanoUsd: 0, heldNanoUsd: 0 });
  });
  promise('a bill that nobody told is what was expected, or what was seen where that is more', async (ledger) => {
    for (const [seen, spent] of [
      [0, 10],
      [25, 35],
    ] as const) {
      const ask = anAsk(limit(100));
      await ledger.reserve(ask);
      ledger.settle(ask.id, unknown(seen));
      assert.deepEqual(await total(ledger), { spentNanoUsd: spent, unknownNanoUsd: spent, heldNanoUsd: 0 });
    }
  });
  promise('what was noted of a call under way does not outweigh what it is settled at', async (ledger) => {
    for (const [seen, spent] of [
      [25, 25],
      [4, 35],
    ] as const) {
      const ask = anAsk(limit(100));
      await ledger.reserve(ask);
      ledger.progress(ask.id, toNanoUsd(31));
      ledger.progress(ask.id, toNanoUsd(39));
      ledger.settle(ask.id, unknown(seen));
      assert.deepEqual(await total(ledger), { spentNanoUsd: spent, unknownNanoUsd: spent, heldNanoUsd: 0 });
    }
  });
  promise('200 calls at once reserve no more than there is', async (ledger) => {
    const answers = await Promise.all(Array.from({ length: 200 }, async () => ledger.reserve(anAsk(limit(1000)))));
    assert.equal(answers.filter(({ kind }) => kind === 'reserved').length, 25);
    assert.equal(answers.filter(({ kind }) => kind === 'held').length, 175);
    assert.equal((await total(ledger)).heldNanoUsd, 1000);
  });
  promise('what is left goes to one call alone', async (ledger) => {
    const alone = anAsk(limit(30));
    assert.deepEqual(await ledger.reserve(alone), { kind: 'reserved', heldNanoUsd: 30 });
    assert.equal((await ledger.reserve(anAsk(limit(30)))).kind, 'held');
    ledger.settle(alone.id, billed(45));
    assert.equal((await ledger.reserve(anAsk(limit(30)))).kind, 'spent');
    assert.equal((await total(ledger)).spentNanoUsd, 45);
  });
  promise('a call whose worst is not known goes out alone', async (ledger) => {
    const ask = anAsk(limit(100), { worstNanoUsd: undefined });
    assert.deepEqual(await ledger.reserve(ask), { kind: 'reserved', heldNanoUsd: 100 });
    assert.equal((await ledger.reserve(anAsk(limit(100)))).kind, 'held');
  });
  promise('a call that what is left cannot pay for is refused for good, not for now', async (ledger) => {
    const first = anAsk(limit(100), { worstNanoUsd: toNanoUsd(95), expectedNanoUsd: toNanoUsd(90) });
    await ledger.reserve(first);
    assert.equal((await ledger.reserve(anAsk(limit(100)))).kind, 'held');
    ledger.settle(first.id, billed(95));
    const answer = await ledger.reserve(anAsk(limit(100)));
    assert.deepEqual(answer, {
      kind: 'spent',
      account: KEY,
      period: 'total',
      leftNanoUsd: 5,
      neededNanoUsd: 10,
      renewsAt: undefined,
    });
  });
  promise('each period has its own budget, which begins anew with it', async (ledger) => {
    const limits = { day: toNanoUsd(50), week: toNanoUsd(80), month: toNanoUsd(90) };
    const spend = async (at: number): Promise<string> => {
      const ask = anAsk(limits, { at, worstNanoUsd: toNanoUsd(40), expectedNanoUsd: toNanoUsd(40) });
      const answer = await ledger.reserve(ask);
      ledger.settle(ask.id, billed(40));
      return answer.kind === 'reserved' ? 'reserved' : `${answer.kind} ${answer.period}`;
    };
    const thursday = AT + DAY_MS;
    assert.equal(await spend(AT - 2 * DAY_MS), 'reserved');
    assert.equal(await spend(AT - 2 * DAY_MS), 'spent day');
    assert.equal(await spend(AT - DAY_MS), 'reserved');
    assert.equal(await spend(AT), 'spent week');
    // The month is new, the week is not.
    assert.equal(await spend(thursday), 'spent week');
    assert.equal(await spend(thursday + 4 * DAY_MS), 'reserved');
    const refused = await ledger.reserve(anAsk({ day: toNanoUsd(1) }, { at: AT }));
    assert.equal(refused.kind === 'spent' && refused.renewsAt, Date.UTC(2026, 9, 1));
    const standings = await ledger.standings(KEY, thursday + 4 * DAY_MS);
    assert.deepEqual(
      Object.values(standings).map(({ spentNanoUsd }) => spentNanoUsd),
      [40, 40, 40, 120],
    );
  });
  promise('a call is charged to all its accounts, or to none', async (ledger) => {
    const job = accountOf('job', 'j');
    const charges = [
      { account: KEY, limits: limit(1000) },
      { account: job, limits: limit(50) },
    ];
    const first = anAsk({}, { charges });
    assert.equal((await ledger.reserve(first)).kind, 'reserved');
    const refused = await ledger.reserve(anAsk({}, { charges }));
    assert.equal(refused.kind === 'held' && refused.account, job);
    assert.equal((await total(ledger)).heldNanoUsd, 40);
    ledger.settle(first.id, billed(20));
    assert.equal((await total(ledger)).spentNanoUsd, 20);
    assert.equal((await ledger.standings(job, AT)).total.spentNanoUsd, 20);
  });
  promise(
    'a call is charged to its key and every place above it at once, and what one has not left no one lends',
    async (ledger) => {
      const [organisation, team] = [accountOf('team', 'acme'), accountOf('team', 'acme/search')];
      const charges = [
        { account: KEY, limits: limit(1000) },
        { account: organisation, limits: { day: toNanoUsd(60) } },
        { account: team, limits: {} },
      ];
      const first = anAsk({}, { charges });
      assert.equal((await ledger.reserve(first)).kind, 'reserved');
      ledger.settle(first.id, billed(55));
      const refused = await ledger.reserve(anAsk({}, { charges }));
      assert.equal(refused.kind === 'spent' && refused.account, organisation);
      assert.equal(refused.kind === 'spent' && refused.period, 'day');
      for (const account of [KEY, organisation, team])
        assert.deepEqual((await ledger.standings(account, AT)).total, {
          spentNanoUsd: 55,
          unknownNanoUsd: 0,
          heldNanoUsd: 0,
        });
      // The next day the organisation has its budget again; the key's was for ever.
      assert.equal((await ledger.reserve(anAsk({}, { charges, at: AT + DAY_MS }))).kind, 'reserved');
    },
  );
  promise('an account without limits is counted', async (ledger) => {
    const ask = anAsk({}, { worstNanoUsd: undefined });
    assert.deepEqual(await ledger.reserve(ask), { kind: 'reserved', heldNanoUsd: 10 });
    ledger.settle(ask.id, billed(3));
    assert.equal((await total(ledger)).spentNanoUsd, 3);
  });
  promise('what was counted elsewhere is taken over once', async (ledger) => {
    for (let time = 0; time < 2; time += 1) await ledger.takeOver('file', new Map([[KEY, toNanoUsd(60)]]), AT);
    assert.equal((await total(ledger)).spentNanoUsd, 60);
  });
  cases.push({
    name: 'two ledgers on one store spend no more than one would, and what was spent is there after both closed',
    run: async () => {
      const open = await makeStore();
      const ledgers = [await open(), await open()];
      const reserved = await Promise.all(
        Array.from({ length: 100 }, async (_none, index) => {
          const ask = anAsk(limit(1000));
          const ledger = ledgers[index % 2];
          const answer = await ledger?.reserve(ask);
          if (answer?.kind === 'reserved') ledger?.settle(ask.id, billed(40));
          return answer?.kind === 'reserved';
        }),
      );
      const count = reserved.filter(Boolean).length;
      assert.ok(count >= 1 && count <= 25, String(count));
      for (const ledger of ledgers) await ledger.close();
      const after = await open();
      assert.equal((await total(after)).spentNanoUsd, count * 40);
      await after.close();
    },
  });
  return cases;
}
