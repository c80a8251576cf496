import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import type { PointsmanError } from '../../domain/errors.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { DAY_MS } from '../../domain/time.ts';
import { ledgerContract } from '../../testing/ledger-contract.ts';
import { accountOf, type Ask, type MoneyLedger } from '../ledger.ts';
import { openMoneyAccounts } from './money-accounts.ts';
import { openMoneyFile } from './money-tables.ts';
import { openLedgerHere, openSqliteLedger, type SqliteLedgerOptions } from './sqlite-ledger.ts';

const KEY = accountOf('key', 'k');
const AT = Date.UTC(2026, 10, 1);
const dirs: string[] = [];
const open: MoneyLedger[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (ledger) => ledger.close()));
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function aFile(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'money-'));
  dirs.push(dir);
  return path.join(dir, 'store', 'money.db');
}

const noFault = (error: PointsmanError): never => {
  throw error;
};

async function openKept(options: SqliteLedgerOptions): Promise<MoneyLedger> {
  const ledger = await openSqliteLedger(options);
  open.push(ledger);
  return ledger;
}

function anAsk(id: string, change: Partial<Ask> = {}): Ask {
  return {
    id,
    charges: [{ account: KEY, limits: { total: toNanoUsd(100) } }],
    expectedNanoUsd: toNanoUsd(10),
    worstNanoUsd: toNanoUsd(60),
    at: AT,
    ...change,
  };
}

test('a ledger of the layout before goes on with what it holds', async () => {
  const file = aFile();
  const before = openMoneyFile(file);
  before.exec(`drop index presumed_of_account; alter table holds drop column worst_nano_usd; pragma user_version = 1;
    insert into spent values ('key:k', 1, 7, 0); insert into holds values ('c', 'key:k', 20000, 'p', 30, 10, null);`);
  before.close();
  const ledger = await openKept({ file, onFault: noFault });
  // Its process is nowhere, so that all it set aside counts.
  expect((await ledger.standings(KEY, AT)).total).toEqual({ spentNanoUsd: 37, unknownNanoUsd: 30, heldNanoUsd: 0 });
  expect(await ledger.reserve(anAsk('next'))).toEqual({ kind: 'reserved', heldNanoUsd: 60 });
});

test('a ledger of the layout before that cannot be changed says why, and stays as it is', () => {
  const file = aFile();
  const before = openMoneyFile(file);
  before.exec(`drop index presumed_of_account; alter table holds drop column worst_nano_usd; pragma user_version = 1;
    insert into holds values ('c', 'key:k', 20000, 'p', 30, 10, null);
    create trigger full before update on holds begin select raise(rollback, 'database or disk is full'); end;`);
  before.close();
  expect(() => openMoneyFile(file)).toThrow('database or disk is full');
  const after = new DatabaseSync(file);
  expect(after.prepare('pragma user_version').get()).toEqual({ user_version: 1 });
  expect(after.prepare('select * from holds').get()).not.toHaveProperty('worst_nano_usd');
  after.close();
});

describe('the ledger in its thread keeps the contract', () => {
  test.each(
    ledgerContract(async () => {
      const file = aFile();
      return async () => openSqliteLedger({ file, onFault: noFault });
    }),
  )('$name', ({ run }) => run());
});

describe('the ledger in this thread keeps the contract', () => {
  test.each(
    ledgerContract(async () => {
      const file = aFile();
      return async () => openLedgerHere({ file, onFault: noFault });
    }),
  )('$name', ({ run }) => run());
});

test('a ledger in memory needs no file', async () => {
  const ledger = openLedgerHere({ file: ':memory:', onFault: noFault });
  expect(await ledger.reserve(anAsk('a'))).toEqual({ kind: 'reserved', heldNanoUsd: 60 });
  await ledger.close();
});

test('the file is its owner’s alone', async () => {
  const file = aFile();
  await openKept({ file, onFault: noFault });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('another program’s database is left alone', async () => {
  const file = aFile();
  const other = path.join(path.dirname(path.dirname(file)), 'other.db');
  const database = new DatabaseSync(other);
  database.exec('create table cats (name text)');
  database.close();
  await expect(openSqliteLedger({ file: other, onFault: noFault })).rejects.toMatchObject({
    code: 'record-unreadable',
  });
});

/** Reserves in another process, says so, and waits to be killed. */
async function reserveAndDie(file: string, count: number): Promise<void> {
  const script = `
    import { openSqliteLedger } from ${JSON.stringify(new URL('./sqlite-ledger.ts', import.meta.url).href)};
    const ledger = await openSqliteLedger({ file: ${JSON.stringify(file)}, onFault: (error) => { throw error; } });
    for (let index = 0; index < ${count}; index += 1)
      await ledger.reserve({ id: 'dying-' + process.pid + '-' + index, charges: [{ account: 'key:k', limits: {} }], expectedNanoUsd: 10, worstNanoUsd: 20, at: ${AT} });
    process.stdout.write('reserved');
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.kill('SIGKILL');
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}

test.each([
  ['on its file', false],
  ['while the file cannot be written', true],
])('a wish that cannot be served fails alone, and leaves nothing behind: %s', async (_name, isFull) => {
  const ledger = openLedgerHere({ file: aFile(), onFault: () => undefined, maxFileBytes: isFull ? 48 * 1024 : 1e9 });
  open.push(ledger);
  for (let index = 0; index < (isFull ? 400 : 0); index += 1)
    await ledger.reserve(
      anAsk(`fill-${index}`, { charges: [{ account: accountOf('job', 'x'.repeat(200)), limits: {} }] }),
    );
  const odd = (id: string): Ask =>
    anAsk(id, {
      charges: [
        { account: accountOf('key', 'first'), limits: {} },
        { account: { odd: 1 } as never, limits: {} },
      ],
    });
  const answers = await Promise.allSettled([
    ledger.reserve(anAsk('one')),
    ledger.reserve(odd('two')),
    ledger.takeOver('odd', new Map([[KEY, Number.NaN as never]]), AT),
    ledger.reserve(anAsk('three', { charges: [{ account: accountOf('key', 'other'), limits: {} }] })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(answers[1]).toMatchObject({ reason: { code: 'record-unwritable' } });
  expect((await ledger.standings(KEY, AT)).total.heldNanoUsd).toBe(60);
  expect((await ledger.standings(accountOf('key', 'first'), AT)).total.heldNanoUsd).toBe(0);
  expect((await ledger.standings(accountOf('key', 'other'), AT)).total.heldNanoUsd).toBe(60);
});

test('calls of a killed process are spent at all that was set aside for them, once', async () => {
  const file = aFile();
  await reserveAndDie(file, 3);
  for (let time = 0; time < 2; time += 1) {
    const ledger = await openSqliteLedger({ file, onFault: noFault });
    expect((await ledger.standings(KEY, AT)).total).toEqual({ spentNanoUsd: 60, unknownNanoUsd: 60, heldNanoUsd: 0 });
    await ledger.close();
  }
});

test('days that no period asks for are summed up, and sessions and steps of long ago are forgotten', () => {
  const file = openMoneyFile(aFile());
  const accounts = openMoneyAccounts(file, { id: 'me', host: 'here', pid: process.pid });
  const kinds = ['key', 'job', 'session', 'step'] as const;
  const today = AT + 200 * DAY_MS;
  for (let day = 0; day <= 200; day += 1)
    for (const kind of kinds) {
      const ask = anAsk(`${kind}-${day}`, {
        charges: [{ account: accountOf(kind, 'a'), limits: {} }],
        at: AT + day * DAY_MS,
      });
      accounts.apply({ kind: 'reserve', ask });
      accounts.apply({ kind: 'settle', id: ask.id, settlement: { kind: 'billed', nanoUsd: toNanoUsd(1) } });
    }
  const standings = (kind: (typeof kinds)[number]): unknown =>
    accounts.apply({ kind: 'standings', account: accountOf(kind, 'a'), at: today });
  const before = kinds.map(standings);
  accounts.beat(today);
  accounts.beat(today + 1);
  const after = kinds.map(standings);
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
  for (const index of [2, 3])
    expect(after[index]).toMatchObject({
      day: { spentNanoUsd: 1 },
      week: { spentNanoUsd: expect.any(Number) as number },
    });
  const rows = file.prepare('select account, count(*) as n from spent group by account').all();
  for (const { n } of rows) expect(n).toBeLessThan(70);
  file.close();
});

test('a session that goes on keeps all it has spent, however long ago it began', () => {
  const accounts = openMoneyAccounts(openMoneyFile(':memory:'), { id: 'one', host: 'here', pid: process.pid });
  const account = accountOf('session', 's');
  const answers = Array.from({ length: 90 }, (_none, day) => {
    const at = AT + day * DAY_MS;
    const charges = [{ account, limits: { total: toNanoUsd(600) } }];
    accounts.beat(at);
    const answer = accounts.apply({ kind: 'reserve', ask: anAsk(`${day}`, { charges, at }) });
    accounts.apply({ kind: 'settle', id: `${day}`, settlement: { kind: 'billed', nanoUsd: toNanoUsd(10) } });
    return answer;
  });
  expect(
    answers.slice(0, 60).every((answer) => answer !== undefined && 'kind' in answer && answer.kind === 'reserved'),
  ).toBe(true);
  expect(answers[60]).toMatchObject({ kind: 'spent', leftNanoUsd: 0 });
});

test('a process that was taken for dead books what it knows when it wakes', () => {
  const file = aFile();
  const sleeper = openMoneyAccounts(openMoneyFile(file), { id: 'sleeper', host: 'other', pid: 1 });
  const watcher = openMoneyAccounts(openMoneyFile(file), { id: 'watcher', host: 'here', pid: 2 });
  sleeper.beat(AT);
  sleeper.apply({ kind: 'reserve', ask: anAsk('long', { charges: [{ account: accountOf('key', 'l'), limits: {} }] }) });
  sleeper.apply({ kind: 'progress', id: 'long', atLeastNanoUsd: 66 });
  sleeper.apply({ kind: 'reserve', ask: anAsk('slow') });
  sleeper.apply({ kind: 'reserve', ask: anAsk('slower', { worstNanoUsd: toNanoUsd(20) }) });
  const totalOf = () => watcher.apply({ kind: 'standings', account: KEY, at: AT });
  watcher.beat(AT + 29_000);
  expect(totalOf()).toMatchObject({ total: { spentNanoUsd: 0, heldNanoUsd: 80 } });
  watcher.beat(AT + 31_000);
  expect(totalOf()).toMatchObject({ total: { spentNanoUsd: 80, unknownNanoUsd: 80, heldNanoUsd: 0 } });
  const long = watcher.apply({ kind: 'standings', account: accountOf('key', 'l'), at: AT });
  expect(long).toMatchObject({ total: { spentNanoUsd: 66, unknownNanoUsd: 66, heldNanoUsd: 0 } });
  sleeper.beat(AT + 60_000);
  sleeper.apply({ kind: 'settle', id: 'slow', settlement: { kind: 'billed', nanoUsd: toNanoUsd(33) } });
  sleeper.apply({ kind: 'release', id: 'slower' });
  expect(totalOf()).toMatchObject({ total: { spentNanoUsd: 33, unknownNanoUsd: 0, heldNanoUsd: 0 } });
});

test('money that only a silent process holds is said to be held until that counts as dead', () => {
  const file = aFile();
  const sleeper = openMoneyAccounts(openMoneyFile(file), { id: 'sleeper', host: 'other', pid: 1 });
  const watcher = openMoneyAccounts(openMoneyFile(file), { id: 'watcher', host: 'here', pid: 2 });
  sleeper.beat(AT);
  const charges = [{ account: KEY, limits: { total: toNanoUsd(100) } }];
  sleeper.apply({ kind: 'reserve', ask: anAsk('slow', { charges }) });
  const refusal = (id: string) => watcher.apply({ kind: 'reserve', ask: anAsk(id, { charges }) });
  // It may be at work: nobody can say when it gives back.
  watcher.beat(AT + 4000);
  expect(refusal('a')).toMatchObject({ kind: 'held' });
  expect(refusal('b')).not.toHaveProperty('freeInMs');
  watcher.beat(AT + 20_000);
  expect(refusal('c')).toMatchObject({ kind: 'held', freeInMs: 15_000 });
  watcher.beat(AT + 30_000);
  expect(refusal('d')).toMatchObject({ kind: 'held', freeInMs: 5000 });
  watcher.beat(AT + 35_000);
  expect(refusal('e')).not.toMatchObject({ kind: 'held' });
});

test('what could not be written to the end is told as lost', async () => {
  const reported: string[] = [];
  const onFault = (error: PointsmanError): void => void reported.push(error.message);
  const ledger = await openSqliteLedger({ file: aFile(), onFault, maxFileBytes: 48 * 1024 });
  for (let index = 0; reported.length === 0 && index < 5000; index += 1) {
    const charges = [{ account: accountOf('job', `${index}-${'x'.repeat(200)}`), limits: {} }];
    await ledger.reserve(anAsk(`fill-${index}`, { charges }));
  }
  expect(reported).toHaveLength(1);
  await ledger.close();
  expect(reported).toEqual([expect.stringContaining('cannot be written'), expect.stringContaining('is lost')]);
});

test('on a full disk budgets hold in memory, that is reported, and all is written once there is room', async () => {
  const file = aFile();
  const reported: string[] = [];
  const ledger = openLedgerHere({
    file,
    onFault: (error) => reported.push(error.code),
    onRestored: () => reported.push('restored'),
    maxFileBytes: 48 * 1024,
  });
  open.push(ledger);
  // Fills the file with other accounts until it takes no more.
  for (let index = 0; reported.length === 0 && index < 5000; index += 1) {
    const id = `fill-${index}`;
    const charges = [{ account: accountOf('job', `${index}-${'x'.repeat(200)}`), limits: {} }];
    await ledger.reserve(anAsk(id, { charges }));
    ledger.settle(id, { kind: 'billed', nanoUsd: toNanoUsd(1) });
    await ledger.flush();
  }
  expect(reported).toEqual(['record-unwritable']);
  expect(await ledger.reserve(anAsk('one'))).toEqual({ kind: 'reserved', heldNanoUsd: 60 });
  expect((await ledger.reserve(anAsk('two'))).kind).toBe('held');
  ledger.settle('one', { kind: 'billed', nanoUsd: toNanoUsd(95) });
  expect((await ledger.reserve(anAsk('three'))).kind).toBe('spent');
  await ledger.reserve(anAsk('open', { charges: [{ account: KEY, limits: {} }] }));

  const room = new DatabaseSync(file);
  room.exec("delete from spent where account like 'job:%'");
  room.close();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await ledger.flush();
  expect((await ledger.standings(KEY, AT)).total).toEqual({ spentNanoUsd: 95, unknownNanoUsd: 0, heldNanoUsd: 60 });
  expect(reported).toEqual(['record-unwritable', 'restored']);
  const reader = new DatabaseSync(file, { readOnly: true });
  expect(reader.prepare('select nano_usd from spent where account = ?').get(KEY)).toEqual({ nano_usd: 95 });
  expect(reader.prepare('select id from holds').all()).toEqual([{ id: 'open' }]);
  reader.close();
});
