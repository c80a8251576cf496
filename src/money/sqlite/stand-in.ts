import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { PointsmanError } from '../../domain/errors.ts';
import type { MoneyOp, MoneyResult } from '../money-op.ts';
import { openMoneyAccounts, type ProcessMark } from './money-accounts.ts';
import { openMoneyFile } from './money-tables.ts';

/** A copy of the ledger in memory, for as long as its file cannot be written. */
export interface LedgerStandIn {
  applyEach(ops: readonly MoneyOp[]): readonly MoneyResult[];
  /** Adds what was booked here since to the file, inside a transaction of the caller. */
  writeTo(file: DatabaseSync): void;
  close(): void;
}

const TABLES = { spent: 4, holds: 8, taken_over: 1 } as const;

/** Copies what the file holds; a file that cannot even be read is taken for empty. */
export function openStandIn(file: DatabaseSync, own: ProcessMark): LedgerStandIn {
  const memory = openMoneyFile(':memory:');
  for (const [table, columnCount] of Object.entries(TABLES)) {
    const insert = memory.prepare(`insert into ${table} values (${Array(columnCount).fill('?').join(', ')})`);
    for (const row of rowsOf(file, table)) insert.run(...row);
  }
  memory.exec(
    'create temp table spent_before as select * from spent; create temp table holds_before as select * from holds;',
  );
  const accounts = openMoneyAccounts(memory, own);
  return {
    applyEach: (ops) => ops.flatMap((op) => (op.kind === 'take-over' ? notTakenOver() : accounts.applyEach([op]))),
    writeTo: (target) => writeDifference(memory, target, own),
    close: () => memory.close(),
  };
}

function notTakenOver(): MoneyResult {
  const message = 'The ledger cannot be written, so nothing is taken over into it';
  const error = new PointsmanError('record-unwritable', message, { hint: 'Free space, and start again.' });
  return { kind: 'failed', error };
}

function rowsOf(file: DatabaseSync, table: string): readonly SQLInputValue[][] {
  try {
    return file
      .prepare(`select * from ${table}`)
      .all()
      .map((row) => Object.values(row));
  } catch {
    return [];
  }
}

/**
 * 1. What each account spent here since the copy was made is added. 2. Where another process took this one for dead and
 * booked its calls, that is taken back: they are known here. 3. The calls of this process are what they are here.
 */
function writeDifference(memory: DatabaseSync, file: DatabaseSync, own: ProcessMark): void {
  const add = file.prepare(`insert into spent (account, day, nano_usd, unknown_nano_usd) values (?, ?, ?, ?)
    on conflict do update set nano_usd = nano_usd + excluded.nano_usd, unknown_nano_usd = unknown_nano_usd + excluded.unknown_nano_usd`);
  const recorded = memory
    .prepare(
      `select s.account, s.day, s.nano_usd - coalesce(b.nano_usd, 0) as more, s.unknown_nano_usd - coalesce(b.unknown_nano_usd, 0) as unknown
       from spent s left join spent_before b on b.account = s.account and b.day = s.day where more <> 0 or unknown <> 0`,
    )
    .all();
  for (const row of recorded) add.run(...Object.values(row));
  const wasPresumed = memory.prepare(
    'select 1 from holds_before where id = ? and account = ? and presumed_nano_usd is not null',
  );
  const presumed = file
    .prepare(
      'select id, account, day, presumed_nano_usd as amount from holds where process = ? and presumed_nano_usd is not null',
    )
    .all(own.id) as unknown as { id: string; account: string; day: number; amount: number }[];
  for (const { id, account, day, amount } of presumed)
    if (wasPresumed.get(id, account) === undefined) add.run(account, day, -amount, -amount);
  file.prepare('delete from holds where process = ?').run(own.id);
  const hold = file.prepare('insert or replace into holds values (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const row of memory.prepare('select * from holds where process = ?').all(own.id))
    hold.run(...Object.values(row));
}
