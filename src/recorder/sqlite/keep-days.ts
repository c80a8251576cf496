import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import { DAY_MS, MINUTE_MS, type At, type Ms } from '../../domain/time.ts';
import type { PruneResult } from '../retention.ts';
import type { SizedPruneOptions } from './prune-to-size.ts';
import type { PruneReply } from './prune-worker.ts';

const LOOK_MS: Ms = 10 * MINUTE_MS;
const FOREVER_DAYS = 36_500;

export interface KeepDaysOptions {
  readonly file: string;
  /** `undefined`: they are kept whatever their age. */
  readonly keepDays: number | undefined;
  /** What they may take on the disk; past it the oldest go first. */
  readonly maxBytes: number;
  readonly clock: () => At;
  /** Told of each time that pruning failed; it is tried again the next time. */
  readonly onError: (error: PointsmanError) => void;
  readonly onPruned?: (result: PruneResult) => void;
  /** Default: ten minutes. */
  readonly everyMs?: Ms;
  /** When it is pruned first. Default: at once. */
  readonly firstAfterMs?: Ms;
}

/** A store that is kept to its days until it is closed. */
export interface KeptDays {
  /** Stops, in the middle of a run too: between two transactions the store is whole. */
  close(): Promise<void>;
}

/**
 * Prunes first and then every few minutes, each time in a worker thread of its own, so that the event loop never waits for it. Keeps no
 * process alive.
 */
export function keepDays(options: KeepDaysOptions): KeptDays {
  let worker: Worker | undefined;
  const run = (): void => {
    if (worker !== undefined) return;
    const started = startWorker(sizedPrune(options));
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
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    run();
    timer = setInterval(run, options.everyMs ?? LOOK_MS).unref();
  };
  const { firstAfterMs = 0 } = options;
  if (firstAfterMs <= 0) start();
  else timer = setTimeout(start, firstAfterMs).unref();
  return {
    close: async () => {
      clearTimeout(timer);
      await worker?.terminate();
    },
  };
}

function sizedPrune({ file, keepDays: days, maxBytes, clock }: KeepDaysOptions): WorkerData {
  const now = clock();
  return { file, now, maxBytes, before: now - (days ?? FOREVER_DAYS) * DAY_MS };
}

type WorkerData = Omit<SizedPruneOptions, 'signal'>;

function startWorker(data: WorkerData): Worker {
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
