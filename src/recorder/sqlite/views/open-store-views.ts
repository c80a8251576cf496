import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PointsmanError, toPointsmanError } from '../../../domain/errors.ts';
import type { StoreViews } from '../../store-views.ts';
import type { ViewsQuestion, ViewsReply } from './views-worker.ts';

/** Questions that wait; who asks more has to come again. */
const MAX_WAITING = 200;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: PointsmanError) => void;
}

/** Answers about a file of records in a worker that starts with the first question and keeps no process alive. */
export function openStoreViews(file: string): StoreViews {
  let worker: Worker | undefined;
  let isClosed = false;
  let counter = 0;
  const waiting = new Map<number, Waiting>();
  const rejectAll = (thrown: unknown): void => {
    for (const { reject } of waiting.values()) reject(toPointsmanError(thrown, 'record-unreadable'));
    waiting.clear();
  };
  // One that fails says so first and ends then, when another may be at work already.
  const onEnd = (ended: Worker, thrown: unknown): void => {
    if (worker !== ended) return;
    worker = undefined;
    rejectAll(thrown);
  };
  const ask = async (name: ViewsQuestion['name'], args: readonly unknown[]): Promise<unknown> => {
    if (isClosed || waiting.size >= MAX_WAITING)
      throw new PointsmanError('aborted', 'The store is not asked any more.');
    worker ??= startWorker(file, { onReply, onEnd });
    const id = (counter += 1);
    const answered = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    worker.postMessage({ id, name, args } satisfies ViewsQuestion);
    return answered;
  };
  function onReply(reply: ViewsReply): void {
    const one = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker?.unref();
    if ('error' in reply) one?.reject(new PointsmanError(reply.error.code, reply.error.message));
    else one?.resolve(reply.result);
  }
  const asking =
    (name: ViewsQuestion['name']) =>
    async (...args: readonly unknown[]): Promise<unknown> =>
      ask(name, args);
  return {
    ...(Object.fromEntries(NAMES.map((name) => [name, asking(name)])) as unknown as Omit<StoreViews, 'close'>),
    close: async () => {
      isClosed = true;
      await worker?.terminate();
      rejectAll(new PointsmanError('aborted', 'The store has been closed.'));
    },
  };
}

const NAMES = [
  'spend',
  'calls',
  'sessions',
  'callsOf',
  'hosts',
  'coldReturns',
  'steps',
  'newestSteps',
  'newestOutcomes',
  'stepsOf',
  'job',
  'workspaces',
] as const satisfies readonly ViewsQuestion['name'][];

function startWorker(
  file: string,
  on: { readonly onReply: (reply: ViewsReply) => void; readonly onEnd: (ended: Worker, thrown: unknown) => void },
): Worker {
  const source = fileURLToPath(new URL('./views-worker.ts', import.meta.url));
  const worker = new Worker(source.replace(/\.ts$/u, path.extname(import.meta.url)), {
    workerData: { file },
    // Flags that a program was started with, such as --input-type, are about that program.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 384 },
  });
  worker.on('message', on.onReply);
  worker.once('error', (thrown) => on.onEnd(worker, thrown));
  worker.once('exit', () => on.onEnd(worker, new PointsmanError('aborted', 'The store is no longer read.')));
  return worker;
}
