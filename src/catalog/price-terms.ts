import { nanoFromUsd, roundNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { PriceTerms } from '../domain/usage.ts';
import { fastRatioOf } from './service-tiers.ts';

/** What is paid beside the tokens' own price. */
export interface Surcharge {
  /** Negative for a rebate. */
  readonly nanoUsd: NanoUsd;
  /** Terms that change the price by an amount nobody here knows: `fast mode of claude-fable-5-2`. */
  readonly unpriced: readonly string[];
}

const NO_SURCHARGE: Surcharge = { nanoUsd: toNanoUsd(0), unpriced: [] };

/** platform.claude.com/docs/en/about-claude/pricing, read 2026-11-29: batch, data residency, web search. */
const BATCH_FACTOR = 0.5;
const US_FACTOR = 1.1;
const WEB_SEARCH_USD = 0.01;

/**
 * What the terms of a call add to the bill of its tokens. Factors multiply each other, as the vendor's page says.
 * @param modelName as a log or a request writes it
 * @param tokensNanoUsd the bill of the tokens at standard prices
 */
export function surchargeOf(
  vendor: string,
  modelName: string,
  tokensNanoUsd: NanoUsd,
  terms: PriceTerms | undefined,
): Surcharge {
  if (terms === undefined) return NO_SURCHARGE;
  if (vendor !== 'anthropic') return { ...NO_SURCHARGE, unpriced: namesOf(terms, modelName) };
  const fast = terms.speed === 'fast' ? fastRatioOf(vendor, modelName) : 1;
  const batch = terms.serviceTier === 'batch' ? BATCH_FACTOR : 1;
  const place = terms.geography === 'us' ? US_FACTOR : 1;
  const searches = (terms.webSearchCount ?? 0) * nanoFromUsd(WEB_SEARCH_USD);
  const factor = (fast ?? 1) * batch * place;
  const known = { speed: fast === undefined ? terms.speed : undefined, serviceTier: unpricedTier(terms.serviceTier) };
  return {
    nanoUsd: roundNanoUsd(tokensNanoUsd * (factor - 1) + searches),
    unpriced: namesOf(known, modelName),
  };
}

/** Priority is sold by contract: no list price says what it costs. */
function unpricedTier(tier: string | undefined): string | undefined {
  return tier === 'batch' ? undefined : tier;
}

/** The terms by the names a person knows them under. */
function namesOf(terms: PriceTerms, modelName: string): readonly string[] {
  const names: string[] = [];
  if (terms.speed === 'fast') names.push('fast mode');
  if (terms.serviceTier !== undefined) names.push(`service tier ${terms.serviceTier}`);
  if (terms.geography !== undefined) names.push(`inference in ${terms.geography}`);
  if ((terms.webSearchCount ?? 0) > 0) names.push('web searches');
  return names.map((name) => `${name} of ${modelName}`);
}
