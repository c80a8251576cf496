import { parentPort, workerData } from 'node:worker_threads';
import { toPointsmanError, type ErrorCode } from '../../domain/errors.ts';
import type { PruneResult } from '../retention.ts';
import { pruneToSize, type SizedPruneOptions } from './prune-to-size.ts';

/** What the worker answers with; errors as plain values, because a class does not survive the way. */
export type PruneReply =
  | { readonly result: PruneResult }
  | {
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly how: { readonly hint?: string } };
    };

const options = workerData as Omit<SizedPruneOptions, 'signal'>;
const reply = await pruneToSize(options).then(
  (result): PruneReply => ({ result }),
  (thrown: unknown): PruneReply => {
    const { code, message, hint } = toPointsmanError(thrown, 'record-unwritable');
    return { error: { code, message, how: hint === undefined ? {} : { hint } } };
  },
);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
parentPort?.postMessage(reply);
