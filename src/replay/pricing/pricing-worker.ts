import { parentPort, workerData } from 'node:worker_threads';
import { toPointsmanError, type ErrorCode } from '../../domain/errors.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { createMemorySweep } from './memory-sweep.ts';
import type { PricingRecipe } from './pricing-recipe.ts';
import { optionsFrom } from './recipe-options.ts';
import type { SessionFigures } from './session-figures.ts';
import { SessionPricer } from './session-pricer.ts';

export type PricingReply =
  | { readonly figures: SessionFigures | undefined }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

const recipe = workerData as PricingRecipe;
let pricer: SessionPricer | undefined;
const sweep = createMemorySweep();

async function reply(session: SessionTrace): Promise<PricingReply> {
  try {
    pricer ??= new SessionPricer(optionsFrom(recipe));
    const figures = await pricer.price(session);
    sweep();
    return { figures };
  } catch (thrown) {
    const { code, message } = toPointsmanError(thrown, 'internal');
    return { error: { code, message } };
  }
}

/** One session after the other, in the order in which they come. */
let before: Promise<unknown> = Promise.resolve();

async function answer(session: SessionTrace, after: Promise<unknown>): Promise<void> {
  await after;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  parentPort?.postMessage(await reply(session));
}

parentPort?.on('message', (session: SessionTrace) => {
  before = answer(session, before);
});
