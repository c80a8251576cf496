import type { Tokens } from './time.ts';

/**
 * Tokens of one call in four buckets that do not overlap: prompt = uncached + cacheRead + cacheWrite.
 * `undefined`: the provider did not say. Unknown is not zero; it is priced as uncached and shown as unknown.
 */
export interface Usage {
  readonly uncachedTokens: Tokens;
  readonly cacheReadTokens: Tokens | undefined;
  readonly cacheWriteTokens: Tokens | undefined;
  /** The part of `cacheWriteTokens` in the one-hour write class; the rest is in the default class. */
  readonly cacheWrite1hTokens: Tokens | undefined;
  readonly outputTokens: Tokens;
  /** The part of `outputTokens` that was thinking, where the provider tells. */
  readonly reasoningTokens: Tokens | undefined;
}

/** Of a call that was not made. */
export const NO_USAGE: Usage = {
  uncachedTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** What a call was sold under beside its tokens, as a vendor's answer or a log states it. Absent: nothing was said. */
export interface PriceTerms {
  /** `fast`: a dearer, faster configuration of the same model (Anthropic's `usage.speed`). */
  readonly speed?: string | undefined;
  /** `standard`, `batch`, `priority`, `flex`. */
  readonly serviceTier?: string | undefined;
  /** Where inference ran, when the caller asked for a place (Anthropic's `usage.inference_geo`). */
  readonly geography?: string | undefined;
  /** Searches that the vendor's own tool made and bills by the piece. */
  readonly webSearchCount?: number | undefined;
}

/** The whole prompt of a call. */
export function promptTokens(usage: Usage): Tokens {
  return usage.uncachedTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
}

/** Adds usages bucket by bucket; a bucket is unknown only when it is unknown in every part. */
export function sumUsage(usages: readonly Usage[]): Usage {
  const add = (pick: (usage: Usage) => Tokens | undefined): Tokens | undefined => {
    let sum: Tokens | undefined;
    for (const usage of usages) {
      const tokens = pick(usage);
      if (tokens !== undefined) sum = (sum ?? 0) + tokens;
    }
    return sum;
  };
  return {
    uncachedTokens: add((usage) => usage.uncachedTokens) ?? 0,
    cacheReadTokens: add((usage) => usage.cacheReadTokens),
    cacheWriteTokens: add((usage) => usage.cacheWriteTokens),
    cacheWrite1hTokens: add((usage) => usage.cacheWrite1hTokens),
    outputTokens: add((usage) => usage.outputTokens) ?? 0,
    reasoningTokens: add((usage) => usage.reasoningTokens),
  };
}
