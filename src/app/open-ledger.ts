import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { StoreConfig } from '../config/config.ts';
import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { jsonIn } from '../domain/json.ts';
import type { Log } from '../domain/log.ts';
import { toNanoUsd } from '../domain/money.ts';
import type { At } from '../domain/time.ts';
import { accountOf, type MoneyLedger } from '../money/ledger.ts';
import { makeFolder } from './open-recorder.ts';
import { openPostgresStore } from './postgres-store.ts';

const MONEY_FILE = 'money.db';
/** Where versions before kept what each access key had spent. */
const SPENT_FILE = 'access-spent.json';

const spentSchema = z.record(z.string(), z.number().int().nonnegative());

export interface LedgerNotices {
  readonly onFault: (error: PointsmanError) => void;
  readonly onRestored?: () => void;
  /** In this thread, for a command that ends soon. */
  readonly isShort?: boolean;
  readonly now?: At;
}

/**
 * Opens the ledger of a store's folder; without a folder, one of this process alone. What a version before counted is taken
 * over once.
 * @throws PointsmanError `record-unwritable`, `record-unreadable`: a budget must not begin anew unseen; `config-invalid` for
 * a damaged file of before
 */
export async function openLedger(dir: string | undefined, notices: LedgerNotices): Promise<MoneyLedger> {
  const { openLedgerHere, openSqliteLedger } = await import('../money/sqlite/sqlite-ledger.ts');
  if (dir === undefined) return openLedgerHere({ ...notices, file: ':memory:' });
  makeFolder(dir);
  const options = { ...notices, file: path.join(dir, MONEY_FILE) };
  const ledger = notices.isShort === true ? openLedgerHere(options) : await openSqliteLedger(options);
  try {
    await takeOverSpent(ledger, path.join(dir, SPENT_FILE), notices.now ?? Date.now());
    return ledger;
  } catch (thrown) {
    await ledger.close();
    throw thrown;
  }
}

/** Where money is counted: in a folder, or in the store where that is PostgreSQL. */
export interface LedgerPlace {
  readonly store: StoreConfig;
  readonly dir: string;
}

/** Hands the ledger to `act`, for a command that ends soon, and closes it in every case. @throws PointsmanError as `openLedger` */
export async function withLedger<Result>(
  { store, dir }: LedgerPlace,
  onFault: LedgerNotices['onFault'],
  act: (ledger: MoneyLedger) => Promise<Result>,
): Promise<Result> {
  const postgres = store.kind === 'postgres' ? await openPostgresStore(store.url) : undefined;
  try {
    const ledger = await (postgres?.ledger({ onFault }) ?? openLedger(dir, { onFault, isShort: true }));
    try {
      return await act(ledger);
    } finally {
      await ledger.close();
    }
  } finally {
    await postgres?.close();
  }
}

async function takeOverSpent(ledger: MoneyLedger, file: string, now: At): Promise<void> {
  if (!existsSync(file)) return;
  const parsed = spentSchema.safeParse(jsonIn(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new PointsmanError('config-invalid', `The file ${file} is damaged.`);
  const spent = Object.entries(parsed.data).map(([id, amount]) => [accountOf('key', id), toNanoUsd(amount)] as const);
  await ledger.takeOver(SPENT_FILE, new Map(spent), now);
  renameSync(file, `${file}.taken-over`);
}

/** A ledger that is opened when the first call reserves, and tried again while that fails: most commands make none. */
export function openLedgerLater(open: () => Promise<MoneyLedger>): MoneyLedger {
  let opening: Promise<MoneyLedger> | undefined;
  let opened: MoneyLedger | undefined;
  const ledger = async (): Promise<MoneyLedger> => {
    opening ??= open().catch((thrown: unknown) => {
      opening = undefined;
      throw thrown;
    });
    return (opened = await opening);
  };
  return {
    reserve: async (ask) => (await ledger()).reserve(ask),
    // Nothing is settled that was not reserved.
    progress: (id, atLeastNanoUsd) => opened?.progress(id, atLeastNanoUsd),
    settle: (id, settlement) => opened?.settle(id, settlement),
    release: (id) => opened?.release(id),
    standings: async (account, at) => (await ledger()).standings(account, at),
    takeOver: async (name, spent, at) => (await ledger()).takeOver(name, spent, at),
    flush: async () => opened?.flush(),
    // One that is being opened is closed as well, or its thread would outlive the process's work.
    close: async () => (opened ?? (await opening?.catch(() => undefined)))?.close(),
  };
}

/** @param meanwhile what becomes of budgets until it can be stored again */
export function gatewayNotices(log: Log, meanwhile: string): Required<Pick<LedgerNotices, 'onFault' | 'onRestored'>> {
  return {
    onFault: (error) => log.error(`What is spent cannot be stored; ${meanwhile}`, { error }),
    onRestored: () => log.warn('What is spent is stored again'),
  };
}

/**
 * A ledger whose thread starts with the first call. Its file is opened here before: who starts a server is told at once what is wrong
 * with it. Nobody is kept from working by a store that cannot be written, but where somebody has a budget.
 * @param isLimited whether a key, or its place, may spend only so much
 * @throws PointsmanError `record-unwritable`, `record-unreadable`, `config-invalid`
 */
export async function openGatewayLedger(dir: string | undefined, isLimited: boolean, log: Log): Promise<MoneyLedger> {
  const notices = gatewayNotices(log, 'budgets hold in this process alone');
  let isStored = dir !== undefined;
  const open = async (isShort: boolean): Promise<MoneyLedger> => {
    try {
      return await openLedger(dir, { ...notices, isShort });
    } catch (thrown) {
      const error = toPointsmanError(thrown, 'record-unwritable');
      if (error.code !== 'record-unwritable' || isLimited) throw error;
      notices.onFault(error);
      isStored = false;
      return openLedger(undefined, notices);
    }
  };
  const here = await open(true);
  if (!isStored) return here;
  await here.close();
  return openLedgerLater(async () => open(false));
}
