import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { LedgerAnswer, MoneyLedger, Standings } from '../ledger.ts';
import type { MoneyOp, MoneyReply, MoneyResult } from './money-accounts.ts';
import { openMoneyDesk } from './money-desk.ts';
import type { MoneyAnswer, MoneyLetter, MoneyWorkerOptions, PlainError, PlainResult } from './money-worker.ts';

export interface SqliteLedgerOptions {
  /** Path of the database, or `:memory:` for a ledger of this process alone. Its folder is made where it is missing. */
  readonly file: string;
  readonly maxFileBytes?: number;
  /** Told when the file cannot be written any more (`record-unwritable`), and of each loss. Never throws back. */
  readonly onFault: (error: PointsmanError) => void;
  /** Told when it can be written again, and has everything. */
  readonly onRestored?: () => void;
}

/** Serves batches, in their order. */
type Serve = (ops: readonly MoneyOp[]) => Promise<readonly MoneyResult[]>;

/**
 * The ledger in a worker thread: nothing here waits for a disk or another process. Wishes of one turn of the event loop go
 * together, in one transaction.
 * @throws PointsmanError `record-unwritable`, `record-unreadable` when the file cannot be opened
 */
export async function openSqliteLedger(options: SqliteLedgerOptions): Promise<MoneyLedger> {
  const thread = await startThread(options);
  return batched(
    options,
    (ops) => thread.serve(ops),
    () => thread.close(),
  );
}

/** The same in this thread, for commands that end soon and for `:memory:`. @throws PointsmanError as the other does */
export function openLedgerHere(options: SqliteLedgerOptions): MoneyLedger {
  const { onFault, onRestored = () => undefined } = options;
  const desk = openMoneyDesk({ ...options, onFault, onRestored, now: Date.now });
  const serve: Serve = async (ops) => desk.serve(ops);
  return batched(options, serve, async () => desk.close());
}

interface Waiting {
  readonly op: MoneyOp;
  readonly done: (reply: MoneyReply) => void;
  readonly failed: (error: PointsmanError) => void;
}

function answer(batch: readonly Waiting[], act: (one: Waiting, index: number) => void): void {
  for (const [index, one] of batch.entries()) act(one, index);
}

function settle({ done, failed }: Waiting, result: MoneyResult | undefined): void {
  if (result?.kind === 'failed') failed(result.error);
  else done(result?.reply);
}

function batched({ onFault }: SqliteLedgerOptions, serve: Serve, close: () => Promise<void>): MoneyLedger {
  let waiting: Waiting[] = [];
  let tail: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const send = (): void => {
    const batch = waiting;
    waiting = [];
    const sent = serve(batch.map(({ op }) => op)).then(
      (results) => answer(batch, (one, index) => settle(one, results[index])),
      (thrown: unknown) => answer(batch, (one) => one.failed(toPointsmanError(thrown, 'record-unwritable'))),
    );
    tail = Promise.all([tail, sent]).then(() => undefined);
  };
  const ask = async (op: MoneyOp): Promise<MoneyReply> =>
    new Promise((done, failed) => {
      if (closing !== undefined) {
        failed(new PointsmanError('record-unwritable', 'The ledger of money is closed'));
        return;
      }
      if (waiting.length === 0) queueMicrotask(send);
      waiting.push({ op, done, failed });
    });
  const report = (op: MoneyOp): void => {
    ask(op).catch((thrown: unknown) => onFault(toPointsmanError(thrown)));
  };
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await new Promise<void>((resolve) => queueMicrotask(resolve));
    await tail;
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

interface MoneyThread {
  readonly serve: Serve;
  readonly close: () => Promise<void>;
}

interface Pending {
  readonly resolve: (results: readonly MoneyResult[]) => void;
  readonly reject: (error: PointsmanError) => void;
}

/** Keeps its process alive only while somebody waits for an answer. */
async function startThread({ onFault, onRestored, ...data }: SqliteLedgerOptions): Promise<MoneyThread> {
  const worker = createWorker(data);
  const pending = new Map<number, Pending>();
  let seq = 0;
  const answered = (of: number, act: (one: Pending) => void): void => {
    const one = pending.get(of);
    pending.delete(of);
    if (pending.size === 0) worker.unref();
    if (one !== undefined) act(one);
  };
  /** Nothing may be lost in silence: who waits is told, and so is who asks later. */
  let dead: PointsmanError | undefined;
  const end = (error: PointsmanError): void => {
    dead ??= error;
    for (const of of pending.keys()) answered(of, ({ reject }) => reject(error));
  };
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      end(new PointsmanError('record-unwritable', 'The thread of the ledger of money has ended'));
      resolve();
    });
  });
  worker.on('error', (thrown) => end(toPointsmanError(thrown, 'record-unwritable')));
  const serve = async (letter: (of: number) => MoneyLetter): Promise<readonly MoneyResult[]> =>
    new Promise((resolve, reject) => {
      if (dead !== undefined) {
        reject(dead);
        return;
      }
      const of = seq++;
      pending.set(of, { resolve, reject });
      worker.ref();
      const sent = letter(of);
      // The first one only waits for the thread to open.
      if (of > 0) post(worker, sent);
    });
  worker.on('message', (answer: MoneyAnswer) => {
    if (answer.kind === 'open') answered(0, ({ resolve }) => resolve([]));
    else if (answer.kind === 'results') answered(answer.seq, ({ resolve }) => resolve(answer.results.map(wholeResult)));
    else if (answer.kind === 'failed') answered(answer.seq, ({ reject }) => reject(whole(answer.error)));
    else if (answer.kind === 'fault') onFault(whole(answer.error));
    else onRestored?.();
  });
  await serve((of) => ({ seq: of, ops: [] }));
  return {
    serve: async (ops) => serve((of) => ({ seq: of, ops })),
    close: async () => {
      worker.ref();
      post(worker, 'close');
      await exited;
    },
  };
}

function post(worker: Worker, letter: MoneyLetter): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  worker.postMessage(letter);
}

function wholeResult(result: PlainResult): MoneyResult {
  return result.kind === 'done' ? result : { ...result, error: whole(result.error) };
}

function whole({ code, message, how }: PlainError): PointsmanError {
  return new PointsmanError(code, message, how);
}

function createWorker(workerData: MoneyWorkerOptions): Worker {
  const source = fileURLToPath(new URL('./money-worker.ts', import.meta.url));
  return new Worker(source.replace(/\.ts$/u, path.extname(import.meta.url)), {
    workerData,
    // Flags that a program was started with, such as --input-type, are about that program.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 },
  });
}
