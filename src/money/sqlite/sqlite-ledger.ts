import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import { batched, type Serve } from '../batched-ledger.ts';
import type { MoneyLedger } from '../ledger.ts';
import type { MoneyResult } from '../money-op.ts';
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
