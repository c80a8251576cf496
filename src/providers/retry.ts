import { setTimeout as wait } from 'node:timers/promises';
import type { CallRequest, StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import { MINUTE_MS, type Ms, type Ratio } from '../domain/time.ts';
import { mayHaveBilled } from './may-have-billed.ts';
import type { ModelProvider } from './provider.ts';

export interface RetryRules {
  /** Tries after the first. */
  readonly maxRetries: number;
  /** Pause before the first retry; doubles with each. */
  readonly baseDelayMs: Ms;
  /** A longer pause than this is not waited for: the error is given back, so that another model can be tried. */
  readonly maxDelayMs: Ms;
}

const DEFAULT_RETRY_RULES: RetryRules = { maxRetries: 3, baseDelayMs: 500, maxDelayMs: MINUTE_MS };

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly rules?: RetryRules;
  /** 0 ≤ x < 1, seeded by the caller: spreads the pauses of many callers. */
  readonly random: () => Ratio;
  /** Told before each pause. */
  readonly onRetry?: (retry: {
    readonly error: PointsmanError;
    readonly delayMs: Ms;
    readonly retryCount: number;
  }) => void;
}

/**
 * The one place where calls are retried. A retryable error is tried again only while nothing of the answer has been seen;
 * `retry-after` is honoured, otherwise the pause grows. The last part carries `retryCount`. Never throws; an abort ends a
 * pause at once.
 */
export async function* streamWithRetry(
  provider: ModelProvider,
  model: Model,
  request: CallRequest,
  options: RetryOptions,
): AsyncGenerator<StreamPart, void, undefined> {
  const { signal, rules = DEFAULT_RETRY_RULES } = options;
  let lostTryCount = 0;
  for (let retryCount = 0; ; retryCount += 1) {
    const tries = { retryCount, ...(lostTryCount === 0 ? {} : { lostTryCount }) };
    const failed = yield* streamOnce(provider.stream(model, request, { signal }), tries);
    if (failed === undefined) return;
    const { error } = failed;
    const delayMs =
      error.retryable && retryCount < rules.maxRetries
        ? pauseBefore(error, retryCount, rules, options.random)
        : undefined;
    if (delayMs === undefined) {
      yield failed;
      return;
    }
    options.onRetry?.({ error, delayMs, retryCount: retryCount + 1 });
    if (mayHaveBilled(error)) lostTryCount += 1;
    if (!(await pause(delayMs, signal))) {
      const aborted = new PointsmanError('aborted', 'The call was aborted while waiting to try again', {
        details: { wasSent: false },
      });
      yield {
        type: 'error',
        error: aborted,
        usage: undefined,
        ...tries,
        ...(lostTryCount === 0 ? {} : { lostTryCount }),
      };
      return;
    }
  }
}

type ErrorPart = Extract<StreamPart, { type: 'error' }>;

/** Passes one stream on. An error before any content is returned instead of passed on, and its `start` is forgotten. */
async function* streamOnce(
  parts: AsyncIterable<StreamPart>,
  tries: Pick<ErrorPart, 'retryCount' | 'lostTryCount'>,
): AsyncGenerator<StreamPart, ErrorPart | undefined, undefined> {
  let start: StreamPart | undefined;
  let begun = false;
  for await (const part of parts) {
    if (part.type === 'start' && !begun) {
      start = part;
      continue;
    }
    if (part.type === 'error' && !begun) return { ...part, ...tries };
    if (!begun && start !== undefined) yield start;
    begun = true;
    yield part.type === 'finish' || part.type === 'error' ? { ...part, ...tries } : part;
  }
  return undefined;
}

/** `undefined`: the vendor asks for more patience than the rules have. */
function pauseBefore(
  error: PointsmanError,
  retryCount: number,
  rules: RetryRules,
  random: () => Ratio,
): Ms | undefined {
  const asked = error.details['retryAfterMs'];
  if (typeof asked === 'number') return asked > rules.maxDelayMs ? undefined : asked;
  const ceiling = Math.min(rules.maxDelayMs, rules.baseDelayMs * 2 ** retryCount);
  return Math.round(ceiling * (0.5 + random() / 2));
}

async function pause(delayMs: Ms, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
