import { billNanoUsd, isPriced } from '../../catalog/bill.ts';
import type { Model } from '../../domain/model.ts';
import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import type { ColdReturn } from '../../recorder/store-views.ts';

/** What pauses cost: prompts that were sent anew because a cache had gone cold meanwhile. Modelled at list prices. */
export interface PauseView {
  readonly returnCount: number;
  readonly costNanoUsd: NanoUsd;
  /** Of models without a known price: in the count and in no amount. */
  readonly unpricedCount: number;
  /** The dearest first. */
  readonly returns: readonly (ColdReturn & { readonly costNanoUsd: NanoUsd | undefined })[];
}

const MOST_ROWS = 25;

export function pauseView(returns: readonly ColdReturn[], models: readonly Model[]): PauseView {
  const byId = new Map(models.map((model) => [String(model.id), model]));
  const priced = returns.map((row) => ({ ...row, costNanoUsd: costOf(row, byId.get(row.model)) }));
  const known = priced.flatMap(({ costNanoUsd }) => costNanoUsd ?? []);
  return {
    returnCount: returns.length,
    costNanoUsd: sumNanoUsd(known),
    unpricedCount: priced.length - known.length,
    returns: priced.toSorted((a, b) => (b.costNanoUsd ?? 0) - (a.costNanoUsd ?? 0)).slice(0, MOST_ROWS),
  };
}

/** Written again instead of read. */
function costOf({ lostTokens, at }: ColdReturn, model: Model | undefined): NanoUsd | undefined {
  if (model === undefined || !isPriced(model.prices)) return undefined;
  const bill = (own: Partial<Usage>): number => billNanoUsd(model.prices, { ...NOTHING, ...own }, at);
  return toNanoUsd(Math.max(0, bill({ cacheWriteTokens: lostTokens }) - bill({ cacheReadTokens: lostTokens })));
}

const NOTHING: Usage = {
  uncachedTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: undefined,
};
