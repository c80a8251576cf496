import { parentPort, workerData } from 'node:worker_threads';
import { toPointsmanError, type ErrorCode } from '../../domain/errors.ts';
import type { MoneyOp, MoneyResult } from '../money-op.ts';
import { BEAT_MS } from '../silence.ts';
import { openMoneyDesk, type MoneyDesk, type MoneyDeskOptions } from './money-desk.ts';

export type MoneyWorkerOptions = Pick<MoneyDeskOptions, 'file' | 'maxFileBytes'>;

/** An error as plain values, because a class does not survive the way. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly how: { readonly hint?: string };
}

/** What the worker is told. */
export type MoneyLetter = { readonly seq: number; readonly ops: readonly MoneyOp[] } | 'close';

export type PlainResult =
  | Extract<MoneyResult, { kind: 'done' }>
  | { readonly kind: 'failed'; readonly error: PlainError };

/** What it answers with. `fault` and `restored` come unasked. */
export type MoneyAnswer =
  | { readonly kind: 'open' }
  | { readonly kind: 'results'; readonly seq: number; readonly results: readonly PlainResult[] }
  | { readonly kind: 'failed'; readonly seq: number; readonly error: PlainError }
  | { readonly kind: 'fault'; readonly error: PlainError }
  | { readonly kind: 'restored' };

function say(answer: MoneyAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  parentPort?.postMessage(answer);
}

function plain(thrown: unknown): PlainError {
  const { code, message, hint } = toPointsmanError(thrown, 'record-unwritable');
  return { code, message, how: hint === undefined ? {} : { hint } };
}

function work(desk: MoneyDesk): void {
  // The thread beats for its process, also while the event loop there is busy.
  const timer = setInterval(() => desk.beat(), BEAT_MS);
  parentPort?.on('message', (letter: MoneyLetter) => {
    if (letter === 'close') {
      clearInterval(timer);
      desk.close();
      parentPort?.close();
      return;
    }
    try {
      const results = desk
        .serve(letter.ops)
        .map((result) => (result.kind === 'done' ? result : { ...result, error: plain(result.error) }));
      say({ kind: 'results', seq: letter.seq, results });
    } catch (thrown) {
      say({ kind: 'failed', seq: letter.seq, error: plain(thrown) });
    }
  });
  say({ kind: 'open' });
}

try {
  work(
    openMoneyDesk({
      ...(workerData as MoneyWorkerOptions),
      onFault: (error) => say({ kind: 'fault', error: plain(error) }),
      onRestored: () => say({ kind: 'restored' }),
      now: Date.now,
    }),
  );
} catch (thrown) {
  say({ kind: 'failed', seq: 0, error: plain(thrown) });
}
