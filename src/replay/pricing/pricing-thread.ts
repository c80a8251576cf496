import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import type { PricingRecipe } from './pricing-recipe.ts';
import type { PricingReply } from './pricing-worker.ts';
import type { SessionFigures } from './session-figures.ts';

/** A session that somebody waits for. */
export interface PricingTask {
  readonly session: SessionTrace;
  /** `undefined`: it was stopped, and counts nowhere. */
  readonly resolve: (figures: SessionFigures | undefined) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Sessions it has at most: the one that it prices, and the next, so that it is never idle. */
const MOST_TASKS = 2;

/** A thread that prices sessions in the order in which it is given them. */
export class PricingThread {
  private readonly worker: Worker;
  private readonly tasks: PricingTask[] = [];
  private failure: PointsmanError | undefined;

  /** @param onRoom another session may be given */
  constructor(recipe: PricingRecipe, onRoom: () => void) {
    this.worker = startWorker(recipe);
    this.worker.on('message', (reply: PricingReply) => {
      const task = this.tasks.shift();
      if ('error' in reply) task?.reject(new PointsmanError(reply.error.code, reply.error.message));
      else task?.resolve(reply.figures);
      onRoom();
    });
    this.worker.once('error', (thrown) => this.fail(toPointsmanError(thrown, 'internal')));
    this.worker.once('exit', () => this.fail(new PointsmanError('internal', 'A thread that prices sessions has died')));
  }

  get hasRoom(): boolean {
    return this.tasks.length < MOST_TASKS;
  }

  take(task: PricingTask): void {
    if (this.failure !== undefined) {
      task.reject(this.failure);
      return;
    }
    this.tasks.push(task);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    this.worker.postMessage(task.session);
  }

  /** In the middle of whatever it is at. */
  end(): void {
    for (const { resolve } of this.tasks.splice(0)) resolve(undefined);
    void this.worker.terminate();
  }

  private fail(error: PointsmanError): void {
    this.failure = error;
    for (const { reject } of this.tasks.splice(0)) reject(error);
  }
}

function startWorker(recipe: PricingRecipe): Worker {
  const source = fileURLToPath(new URL('./pricing-worker.ts', import.meta.url));
  return new Worker(source.replace(/\.ts$/u, path.extname(import.meta.url)), {
    workerData: recipe,
    // Flags that a program was started with, such as --input-type, are about that program.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
}
