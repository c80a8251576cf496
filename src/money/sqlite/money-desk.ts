import type { DatabaseSync } from 'node:sqlite';
import { PointsmanError } from '../../domain/errors.ts';
import { SECOND_MS, type At } from '../../domain/time.ts';
import type { MoneyOp, MoneyResult } from '../money-op.ts';
import { openMoneyAccounts, ownProcess, type MoneyAccounts } from './money-accounts.ts';
import { isFilePlaceAtFault, moneyError, openMoneyFile } from './money-tables.ts';
import { openStandIn, type LedgerStandIn } from './stand-in.ts';

export interface MoneyDeskOptions {
  readonly file: string;
  /** Bounds the file, in bytes; writing past it fails as a full disk does. */
  readonly maxFileBytes?: number;
  /** Told once when the file cannot be written any more, and at the end of what is lost with that. */
  readonly onFault: (error: PointsmanError) => void;
  /** Told when it can again, and everything is in it. */
  readonly onRestored: () => void;
  readonly now: () => At;
}

/** Serves batches of wishes, one transaction each. Synchronous: it belongs in a worker thread, or where nobody waits. */
export interface MoneyDesk {
  /** A wish that cannot be served fails alone. @throws PointsmanError `record-unreadable` for a damaged file */
  serve(ops: readonly MoneyOp[]): readonly MoneyResult[];
  /** To be called every few seconds. Never throws. */
  beat(): void;
  close(): void;
}

const BACK_AFTER_MS = SECOND_MS;

/**
 * The ledger over its file. While the file cannot be written, a copy in memory stands in for it, so that budgets go on
 * holding in this process; what was booked there is added to the file as soon as that takes it.
 * @throws PointsmanError `record-unwritable`, `record-unreadable`
 */
export function openMoneyDesk(options: MoneyDeskOptions): MoneyDesk {
  const { file, now } = options;
  const database = openMoneyFile(file, options);
  const own = ownProcess();
  const accounts = openMoneyAccounts(database, own);
  let standIn: LedgerStandIn | undefined;
  let triedAt = 0;

  const leave = (): void => {
    if (standIn === undefined || Math.abs(now() - triedAt) < BACK_AFTER_MS) return;
    triedAt = now();
    const absent = standIn;
    try {
      transact(database, () => absent.writeTo(database));
    } catch {
      return;
    }
    standIn = undefined;
    absent.close();
    options.onRestored();
  };
  const onDisk = <Result>(act: (accounts: MoneyAccounts) => Result): Result | undefined => {
    try {
      return transact(database, () => act(accounts));
    } catch (thrown) {
      if (!isFilePlaceAtFault(thrown)) throw moneyError(thrown, file, 'record-unreadable');
      options.onFault(moneyError(thrown, file));
      triedAt = now();
      standIn = openStandIn(database, own);
      return undefined;
    }
  };
  const beat = (): void => {
    try {
      leave();
      if (standIn === undefined) onDisk((at) => at.beat(now()));
    } catch (thrown) {
      options.onFault(moneyError(thrown, file));
    }
  };
  beat();

  return {
    serve(ops) {
      leave();
      const results = standIn === undefined ? onDisk((at) => at.applyEach(ops)) : undefined;
      return results ?? standIn?.applyEach(ops) ?? [];
    },
    beat,
    close() {
      triedAt = 0;
      leave();
      if (standIn !== undefined) {
        const lost = `What was spent since the ledger of money ${file} could not be written is lost`;
        options.onFault(new PointsmanError('record-unwritable', lost, { hint: 'Look at the bills in the records.' }));
        standIn.close();
      }
      if (database.isOpen) database.close();
    },
  };
}

function transact<Result>(database: DatabaseSync, act: () => Result): Result {
  database.exec('begin immediate');
  try {
    const result = act();
    database.exec('commit');
    return result;
  } catch (thrown) {
    if (database.isTransaction) database.exec('rollback');
    throw thrown;
  }
}
