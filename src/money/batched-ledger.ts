import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import type { LedgerAnswer, MoneyLedger, Standings } from './ledger.ts';
import type { MoneyOp, MoneyReply, MoneyResult } from './money-op.ts';

/** Serves batches, in their order. */
export type Serve = (ops: readonly MoneyOp[]) => Promise<readonly MoneyResult[]>;

interface Waiting {
  readonly op: MoneyOp;
  readonly done: (reply: MoneyReply) => void;
  readonly failed: (error: PointsmanError) => void;
}

function settle({ done, failed }: Waiting, result: MoneyResult | undefined): void {
  if (result?.kind === 'failed') failed(result.error);
  else done(result?.reply);
}

export interface BatchedOptions {
  /** What was to be recorded and could not be. */
  readonly onFault: (error: PointsmanError) => void;
  /** What comes while a batch is served goes together with the next one. Absent: each turn of the event loop is a batch. */
  readonly oneAtATime?: boolean;
}

/** A ledger over whatever serves its wishes in batches: those of one turn of the event loop go together. */
export function batched(
  { onFault, oneAtATime = false }: BatchedOptions,
  serve: Serve,
  close: () => Promise<void>,
): MoneyLedger {
  let waiting: Waiting[] = [];
  let tail: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  let isServing = false;

  const send = (): void => {
    if ((oneAtATime && isServing) || waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    isServing = true;
    tail = Promise.all([tail, serveBatch(batch)]).then(() => undefined);
  };
  const serveBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const results = await serve(batch.map(({ op }) => op));
      for (const [index, one] of batch.entries()) settle(one, results[index]);
    } catch (thrown) {
      for (const one of batch) one.failed(toPointsmanError(thrown, 'record-unwritable'));
    }
    isServing = false;
    send();
  };
  const ask = async (op: MoneyOp): Promise<MoneyReply> =>
    new Promise((done, failed) => {
      if (closing !== undefined) {
        return failed(new PointsmanError('record-unwritable', 'The ledger of money is closed'));
      }
      if (waiting.length === 0) queueMicrotask(send);
      waiting.push({ op, done, failed });
    });
  const report = (op: MoneyOp): void => {
    ask(op).catch((thrown: unknown) => onFault(toPointsmanError(thrown)));
  };
  const flush = async (): Promise<void> => {
    for (let seen: Promise<void> | undefined; seen !== tail || waiting.length > 0;) {
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      seen = tail;
      await seen;
    }
  };

  return {
    reserve: async (wish) => (await ask({ kind: 'reserve', ask: wish })) as LedgerAnswer,
    progress: (id, atLeastNanoUsd) => report({ kind: 'progress', id, atLeastNanoUsd }),
    settle: (id, settlement) => report({ kind: 'settle', id, settlement }),
    release: (id) => report({ kind: 'release', id }),
    standings: async (account, at) => (await ask({ kind: 'standings', account, at })) as Standings,
    takeOver: async (name, spent, at) => {
      await ask({ kind: 'take-over', name, spent, at });
    },
    flush,
    close: async () => {
      closing ??= flush().then(close);
      await closing;
    },
  };
}
