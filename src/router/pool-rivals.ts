import type { Model } from '../domain/model.ts';
import { longRatesOf, ratesFor, ratesOf, type ModelRates, type Rates } from './model-rates.ts';

const cacheRivals = new WeakMap<readonly Model[], ReadonlyMap<Model, readonly Model[]>>();

/**
 * For each model of a pool those that are no worse in all that does not depend on the step: the price of every token at every
 * length, how long and how surely they are cached, how many tokens and calls they take. Abilities, speed and what a cache holds
 * are for the caller to compare.
 */
export function rivalsIn(pool: readonly Model[]): ReadonlyMap<Model, readonly Model[]> {
  let rivals = cacheRivals.get(pool);
  if (rivals === undefined) {
    rivals = new Map(pool.map((model) => [model, pool.filter((other) => other !== model && isNoWorse(other, model))]));
    cacheRivals.set(pool, rivals);
  }
  return rivals;
}

/** Whether `one` is no worse than `other`, whatever is sent to them. Tokens are compared in reference tokens. */
function isNoWorse(one: Model, other: Model): boolean {
  return (
    one.outputRatio <= other.outputRatio &&
    one.callsRatio <= other.callsRatio &&
    (!one.frontier || other.frontier) &&
    one.contextTokens * other.tokenRatio >= other.contextTokens * one.tokenRatio &&
    isSamePeak(one.prices.peak, other.prices.peak) &&
    isCacheNoWorse(one, other) &&
    isNoDearer(one, other, ratesOf(one), ratesOf(other)) &&
    isLongNoWorse(one, other)
  );
}

function isSamePeak(one: Model['prices']['peak'], other: Model['prices']['peak']): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function isCacheNoWorse(one: Model, other: Model): boolean {
  const [own, theirs] = [one.cacheRule, other.cacheRule];
  if (theirs.kind === 'none') return true;
  if (own.kind === 'none') return false;
  return (
    own.ttlMs >= theirs.ttlMs &&
    own.priorHitRatio >= theirs.priorHitRatio &&
    own.minTokens * other.tokenRatio <= theirs.minTokens * one.tokenRatio &&
    (own.granularityTokens - 1) * other.tokenRatio <= (theirs.granularityTokens - 1) * one.tokenRatio
  );
}

/** Prices at every length at which either model's change, longer prompts never cheaper. */
function isNoDearer(one: Model, other: Model, own: ModelRates, theirs: ModelRates): boolean {
  if (!own.isPriced || !theirs.isPriced || !isRising(own) || !isRising(theirs)) return false;
  const lengths = [
    0,
    ...own.tiers.map((tier) => tier.aboveTokens / one.tokenRatio),
    ...theirs.tiers.map((tier) => tier.aboveTokens / other.tokenRatio),
  ];
  const cachesSooner = own.minTokens * other.tokenRatio < theirs.minTokens * one.tokenRatio;
  return lengths.every((length) => {
    const a = scaled(ratesFor(own, (length + 1) * one.tokenRatio), one);
    const b = scaled(ratesFor(theirs, (length + 1) * other.tokenRatio), other);
    const isCheaper = a.input <= b.input && a.read <= b.read && a.write <= b.write && a.output <= b.output;
    return isCheaper && a.read <= a.write && (!cachesSooner || a.write <= b.input);
  });
}

/** Per reference token. */
function scaled({ input, read, write, output }: Rates, { tokenRatio, outputRatio }: Model): Omit<Rates, 'billsWrites'> {
  return {
    input: input * tokenRatio,
    read: read * tokenRatio,
    write: write * tokenRatio,
    output: output * tokenRatio * outputRatio,
  };
}

function isRising({ base, tiers }: ModelRates): boolean {
  return tiers.every(({ rates }, at) => {
    const before = at === 0 ? base : (tiers[at - 1]?.rates ?? base);
    return (
      rates.input >= before.input &&
      rates.read >= before.read &&
      rates.write >= before.write &&
      rates.output >= before.output
    );
  });
}

/** Where the other can be written for an hour, so can this one, for no more and no shorter. */
function isLongNoWorse(one: Model, other: Model): boolean {
  const theirs = longRatesOf(other);
  if (theirs === undefined) return true;
  const own = longRatesOf(one);
  if (own === undefined || one.cacheRule.kind === 'none' || other.cacheRule.kind === 'none') return false;
  return (one.cacheRule.longTtlMs ?? 0) >= (other.cacheRule.longTtlMs ?? 0) && isNoDearer(one, other, own, theirs);
}
