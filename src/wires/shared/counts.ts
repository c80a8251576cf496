import type { Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';

/**
 * A count that a vendor reported: whole, or a whole number written as text. Anything else was not said: an odd report
 * makes a bill unknown, and never an answer.
 */
export function countIn(value: unknown): Tokens | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/u.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** Buckets of a vendor that counts cached tokens in the prompt; parts that are larger than their whole are cut to it. */
export function bucketsWithin(
  promptTokens: Tokens,
  read: Tokens | undefined,
  write: Tokens | undefined,
): Pick<Usage, 'uncachedTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens'> {
  const cacheReadTokens = read === undefined ? undefined : Math.min(read, promptTokens);
  const left = promptTokens - (cacheReadTokens ?? 0);
  const cacheWriteTokens = write === undefined ? undefined : Math.min(write, left);
  return {
    uncachedTokens: left - (cacheWriteTokens ?? 0),
    cacheReadTokens,
    cacheWriteTokens,
    cacheWrite1hTokens: undefined,
  };
}
