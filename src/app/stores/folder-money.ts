import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { inTransaction } from '../../recorder/sqlite/sweep-parts.ts';
import { cellsOf, HOLD_COLUMNS, SPENT_COLUMNS, type Cells, type MoneyRows, type Shelves } from './shelves.ts';

/** The ledger of a folder, as its rows. */
export function moneyIn(database: DatabaseSync): Shelves['money'] {
  const rowsOf = (table: string, columns: readonly string[]): readonly Cells[] =>
    database
      .prepare(`select ${columns.join(', ')} from ${table} order by 1, 2`)
      .all()
      .map((row) => cellsOf(row, columns));
  return {
    read: async () => ({
      spent: rowsOf('spent', SPENT_COLUMNS),
      holds: rowsOf('holds', HOLD_COLUMNS),
      takenOver: rowsOf('taken_over', ['name', 'name']).map(({ name }) => String(name)),
    }),
    add: async (name, money) => {
      let isNew = false;
      inTransaction(database, () => {
        isNew = addMoney(database, name, money);
      });
      return isNew;
    },
  };
}

function addMoney(database: DatabaseSync, name: string, { spent, holds, takenOver }: MoneyRows): boolean {
  const takeOver = database.prepare('insert or ignore into taken_over (name) values (?)');
  if (takeOver.run(name).changes === 0) return false;
  for (const other of takenOver) takeOver.run(other);
  const add =
    database.prepare(`insert into spent (${SPENT_COLUMNS.join(', ')}) values (?, ?, ?, ?) on conflict (account, day) do update
    set nano_usd = nano_usd + excluded.nano_usd, unknown_nano_usd = unknown_nano_usd + excluded.unknown_nano_usd`);
  for (const row of spent) add.run(...SPENT_COLUMNS.map((column) => row[column] as SQLInputValue));
  const hold = database.prepare(
    `insert or ignore into holds (${HOLD_COLUMNS.join(', ')}) values (${HOLD_COLUMNS.map(() => '?').join(', ')})`,
  );
  for (const row of holds) hold.run(...HOLD_COLUMNS.map((column) => row[column] as SQLInputValue));
  return true;
}
