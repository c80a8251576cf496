import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import { DAY_MS, type At, type Ms } from '../../domain/time.ts';
import type { PruneOptions, PruneResult } from '../retention.ts';
import type { PruneReply } from './prune-worker.ts';

export interface KeepDaysOptions {
  readonly file: string;
  readonly keepDays: number;
  readonly clock: () => At;
  /** Told of each time that pruning failed; the next day it is tried again. */
  readonly onError: (error: PointsmanError) => void;
  readonly onPruned?: (result: PruneResult) => void;
  /** Default: a day. */
  readonly everyMs?: Ms;
}

/** A store that is kept to its days until it is closed. */
export interface KeptDays {
  /** Stops, in the middle of a run too: between two transactions the store is whole. */
  close(): Promise<void>;
}

/**
 * Prunes now and once a day, each time in a worker thread of its own, so that the event loop never waits for it. Keeps no
 * process alive.
 */
export function keepDays(options: KeepDaysOptions): KeptDays {
  let worker: Worker | undefined;
  const run = (): void => {
    if (worker !== undefined) return;
    const started = startWorker({ file: options.file, before: options.clock() - options.keepDays * DAY_MS });
    worker = started;
    started.once('message', (reply: PruneReply) => {
      if ('result' in reply) options.onPruned?.(reply.result);
      else options.onError(new PointsmanError(reply.error.code, reply.error.message, reply.error.how));
    });
    started.once('error', (thrown) => options.onError(toPointsmanError(thrown, 'record-unwritable')));
    started.once('exit', () => {
      worker = undefined;
    });
  };
  run();
  const timer = setInterval(run, options.everyMs ?? DAY_MS);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      await worker?.terminate();
    },
  };
}

function startWorker(data: Pick<PruneOptions, 'file' | 'before'>): Worker {
  const source = fileURLToPath(new URL('./prune-worker.ts', import.meta.url));
  const worker = new Worker(source.replace(/\.ts$/u, path.extname(import.meta.url)), {
    workerData: data,
    // Flags that a program was started with, such as --input-type, are about that program.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 },
  });
  worker.unref();
  return worker;
}
