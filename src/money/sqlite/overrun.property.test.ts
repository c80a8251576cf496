import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toNanoUsd } from '../../domain/money.ts';
import { DAY_MS } from '../../domain/time.ts';
import { accountOf, type Ask } from '../ledger.ts';
import { openMoneyAccounts, type MoneyAccounts } from './money-accounts.ts';
import { openMoneyFile } from './money-tables.ts';

const KEY = accountOf('key', 'k');
const JOB = accountOf('job', 'j');
const START = Date.UTC(2026, 10, 1);
const LIMIT = 600;

/** A call under way, and what its vendor really bills, whoever hears of it. */
interface Call {
  readonly id: string;
  readonly process: number;
  readonly expected: number;
  /** What it will have billed when it ends. */
  readonly whole: number;
  billed: number;
}

type Event =
  | {
      readonly kind: 'reserve';
      readonly process: 0 | 1;
      readonly expected: number;
      readonly more: number;
      readonly part: number;
      readonly isWorstKnown: boolean;
    }
  | { readonly kind: 'bill' | 'note' | 'end' | 'hang-up' | 'refuse'; readonly of: number; readonly part: number }
  | { readonly kind: 'kill'; readonly process: 0 | 1 }
  | { readonly kind: 'sleep'; readonly ms: number };

const part = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('reserve'),
      process: fc.constantFrom(0, 1),
      expected: fc.integer({ min: 1, max: 20 }),
      more: fc.integer({ min: 0, max: 200 }),
      isWorstKnown: fc.boolean(),
      part,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('bill', 'note', 'end', 'hang-up', 'refuse'), of: fc.nat(), part }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('kill'), process: fc.constantFrom(0, 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('sleep'), ms: fc.constantFrom(1000, 31_000, 31_000, DAY_MS) }),
  },
);

/**
 * Two processes on one ledger, any of which is killed at any time; a killed one is followed by another. Vendors go on billing up
 * to the worst case of a call, whether anybody listens or not.
 */
function play(events: readonly Event[]): { readonly billed: number; readonly dearest: number } {
  const file = openMoneyFile(':memory:');
  let [now, count] = [START, 0];
  let [billed, dearest] = [0, 0];
  const calls: Call[] = [];
  const begin = (process: number): { number: number; accounts: MoneyAccounts } => {
    // Another host: nobody can look whether it runs, so that only its silence tells.
    const accounts = openMoneyAccounts(file, { id: `p${count}`, host: `h${count}`, pid: 1 });
    accounts.beat(now);
    count += 1;
    return { number: process, accounts };
  };
  const processes = [begin(0), begin(1)];
  const accountsOf = (process: number): MoneyAccounts => (processes[process] ?? begin(process)).accounts;
  const bill = (call: Call, amount: number): void => {
    const more = Math.min(amount, call.whole - call.billed);
    call.billed += more;
    billed += more;
    dearest = Math.max(dearest, call.billed);
  };
  const drop = (call: Call): void => void calls.splice(calls.indexOf(call), 1);
  const reserve = ({
    process,
    expected,
    more,
    part: ratio,
    isWorstKnown,
  }: Extract<Event, { kind: 'reserve' }>): void => {
    const worst = expected + more;
    const id = `c${(count += 1)}`;
    const charges = [
      { account: KEY, limits: { total: toNanoUsd(LIMIT) } },
      { account: JOB, limits: {} },
    ];
    const ask: Ask = {
      id,
      charges,
      expectedNanoUsd: toNanoUsd(expected),
      worstNanoUsd: isWorstKnown ? toNanoUsd(worst) : undefined,
      at: now,
    };
    const answer = accountsOf(process).apply({ kind: 'reserve', ask });
    if (answer !== undefined && 'kind' in answer && answer.kind === 'reserved')
      calls.push({ id, process, expected, whole: Math.round(worst * ratio), billed: 0 });
  };
  const go = (
    call: Call,
    { kind, part: ratio }: Extract<Event, { kind: 'bill' | 'note' | 'end' | 'hang-up' | 'refuse' }>,
  ): void => {
    const accounts = accountsOf(call.process);
    if (kind === 'bill') return bill(call, Math.ceil(call.whole * ratio));
    if (kind === 'note') return void accounts.apply({ kind: 'progress', id: call.id, atLeastNanoUsd: call.billed });
    if (kind === 'refuse' && call.billed > 0) return;
    if (kind === 'refuse') accounts.apply({ kind: 'release', id: call.id });
    else if (kind === 'end') {
      bill(call, call.whole);
      accounts.apply({ kind: 'settle', id: call.id, settlement: { kind: 'billed', nanoUsd: toNanoUsd(call.billed) } });
    } else {
      // A vendor whose caller has gone stops, and what came of the answer was seen.
      const settlement = { kind: 'unknown', atLeastNanoUsd: toNanoUsd(call.billed) } as const;
      accounts.apply({ kind: 'settle', id: call.id, settlement });
    }
    drop(call);
  };
  const kill = (process: number): void => {
    for (const call of calls.filter((one) => one.process === process)) {
      bill(call, call.whole);
      drop(call);
    }
    processes[process] = begin(process);
  };
  for (const one of events) {
    if (one.kind === 'reserve') reserve(one);
    else if (one.kind === 'kill') kill(one.process);
    else if (one.kind === 'sleep') {
      now += one.ms;
      // Those that live have said so all the while.
      for (const { accounts } of processes) accounts.beat(now);
      for (const { accounts } of processes) accounts.beat(now);
    } else {
      const call = calls[one.of % Math.max(1, calls.length)];
      if (call !== undefined) go(call, one);
    }
  }
  for (const call of calls) bill(call, call.whole);
  file.close();
  return { billed, dearest };
}

test('no order of calls, hang-ups and kills leads above a budget by more than one call', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 60, maxLength: 200 }), (events) => {
      const { billed, dearest } = play(events);
      expect(billed).toBeLessThanOrEqual(LIMIT + dearest);
    }),
    { numRuns: 120 },
  );
});

test('what a process gives back that only seemed dead is not for a second call above the budget', () => {
  const { billed, dearest } = play([
    { kind: 'reserve', process: 1, expected: 10, more: 490, part: 1, isWorstKnown: true },
    { kind: 'reserve', process: 1, expected: 10, more: 30, part: 0, isWorstKnown: true },
    // Both slept: the second is taken for dead by the first, and all that it set aside counts.
    { kind: 'sleep', ms: 31_000 },
    { kind: 'reserve', process: 0, expected: 12, more: 193, part: 1, isWorstKnown: true },
    { kind: 'kill', process: 0 },
    { kind: 'end', of: 1, part: 0 },
    { kind: 'sleep', ms: 31_000 },
    { kind: 'reserve', process: 0, expected: 10, more: 195, part: 1, isWorstKnown: true },
  ]);
  expect(dearest).toBe(500);
  expect(billed).toBe(705);
});
