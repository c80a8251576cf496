import type { SessionTrace } from '../../sessions/session-trace.ts';
import type { PricingRecipe } from './pricing-recipe.ts';
import { PricingThread, type PricingTask } from './pricing-thread.ts';
import type { SessionFigures } from './session-figures.ts';
import { SessionPricer, type PricingOptions } from './session-pricer.ts';

/** Other threads that price sessions beside this one. */
export interface PricingThreads {
  readonly count: number;
  readonly recipe: PricingRecipe;
}

/** Sessions that were read and that nobody prices yet, per other thread: then this one stops reading and prices too. */
const MOST_QUEUED = 2;
/** Sessions that wait for one before them, so that figures are added up in order. */
const MOST_OPEN = 64;

/**
 * Prices sessions in this thread and in others, and yields what they come to in the order of the sessions, whoever was first. With
 * `stop` it ends in the middle of those that are open: they count nowhere, but for the threads that this one had priced of its own.
 * @throws PointsmanError what a session threw; `internal` where a thread has died
 */
export async function* priceSessions(
  traces: AsyncIterable<SessionTrace>,
  options: PricingOptions,
  { threads, stop }: { readonly threads?: PricingThreads | undefined; readonly stop?: AbortSignal | undefined },
): AsyncGenerator<SessionFigures> {
  const team = new PricingTeam(options, threads, stop);
  const open: Promise<SessionFigures | undefined>[] = [];
  try {
    for await (const session of traces) {
      const priced = team.price(session);
      // Those before it are awaited first: until then nobody looks at what became of it.
      priced.catch(() => undefined);
      open.push(priced);
      await team.helpOut();
      while (open.length > MOST_OPEN || (open.length > 0 && (await isSettled(open[0])))) {
        const figures = await open.shift();
        if (figures !== undefined) yield figures;
      }
    }
    await team.finishQueue();
    for (const priced of open) {
      const figures = await priced;
      if (figures !== undefined) yield figures;
    }
  } finally {
    team.end();
  }
}

const PENDING = Symbol('pending');

async function isSettled(one: Promise<unknown> | undefined): Promise<boolean> {
  return (await Promise.race([one, Promise.resolve(PENDING)])) !== PENDING;
}

/** Threads take from the front of one queue, each in turn, and so does this one where more waits than they will soon need. */
class PricingTeam {
  private readonly options: PricingOptions;
  private readonly stop: AbortSignal | undefined;
  private readonly threads: readonly PricingThread[];
  private readonly queue: PricingTask[] = [];
  private pricer: SessionPricer | undefined;

  constructor(options: PricingOptions, threads: PricingThreads | undefined, stop: AbortSignal | undefined) {
    this.options = options;
    this.stop = stop;
    const { count = 0, recipe } = threads ?? {};
    this.threads =
      recipe === undefined ? [] : Array.from({ length: count }, () => new PricingThread(recipe, () => this.feed()));
    stop?.addEventListener('abort', this.end, { once: true });
    if (stop?.aborted === true) this.end();
  }

  async price(session: SessionTrace): Promise<SessionFigures | undefined> {
    const priced = new Promise<SessionFigures | undefined>((resolve, reject) => {
      if (this.stop?.aborted === true) resolve(undefined);
      else this.queue.push({ session, resolve, reject });
    });
    this.feed();
    return priced;
  }

  async helpOut(): Promise<void> {
    while (this.queue.length > MOST_QUEUED * this.threads.length) await this.priceNext();
  }

  async finishQueue(): Promise<void> {
    while (this.queue.length > 0) await this.priceNext();
  }

  private async priceNext(): Promise<void> {
    const task = this.queue.shift();
    if (task === undefined) return;
    try {
      this.pricer ??= new SessionPricer(this.options);
      task.resolve(await this.pricer.price(task.session, this.stop));
    } catch (thrown) {
      task.reject(thrown);
    }
  }

  private feed(): void {
    for (const thread of this.threads) {
      while (thread.hasRoom) {
        const task = this.queue.shift();
        if (task === undefined) return;
        thread.take(task);
      }
    }
  }

  readonly end = (): void => {
    this.stop?.removeEventListener('abort', this.end);
    for (const { resolve } of this.queue.splice(0)) resolve(undefined);
    for (const thread of this.threads) thread.end();
  };
}
