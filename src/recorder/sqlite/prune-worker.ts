import { parentPort, workerData } from 'node:worker_threads';
import { toPointsmanError, type ErrorCode } from '../../domain/errors.ts';
import type { PruneOptions, PruneResult } from '../retention.ts';
import { pruneStore } from './prune-store.ts';

/** What the worker answers with; errors as plain values, because a class does not survive the way. */
export type PruneReply =
  | { readonly result: PruneResult }
  | {
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly how: { readonly hint?: string } };
    };

const options = workerData as Pick<PruneOptions, 'file' | 'before'>;
const reply = await pruneStore(options).then(
  (result): PruneReply => ({ result }),
  (thrown: unknown): PruneReply => {
    const { code, message, hint } = toPointsmanError(thrown, 'record-unwritable');
    return { error: { code, message, how: hint === undefined ? {} : { hint } } };
  },
);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
parentPort?.postMessage(reply);
