import { billNanoUsd, isPriced } from '../catalog/bill.ts';
import type { Model } from '../domain/model.ts';
import { formatUsd, sumNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import { promptTokens } from '../domain/usage.ts';
import type { SpentCall } from './spent-call.ts';

/** How a session stands, for one line under a prompt. */
export interface SessionLine {
  /** Model of the latest call. */
  readonly model: string;
  /** Share of the latest prompt that was read from a cache. `undefined`: its usage is not known. */
  readonly warmRatio: number | undefined;
  /** Sum of the known bills. */
  readonly billedNanoUsd: NanoUsd;
  /** Calls whose bill is not known. */
  readonly unknownCount: number;
  /** Older calls may be missing from every sum. */
  readonly mayLackOlder: boolean;
  /** What the same tokens would have billed on the ablest model, read and written where they were: modelled. */
  readonly atAblest: { readonly model: string; readonly billNanoUsd: NanoUsd } | undefined;
}

/** A session's calls, the oldest first, as far as they were looked for. */
export interface KnownCalls {
  readonly calls: readonly SpentCall[];
  readonly mayLackOlder: boolean;
}

/** `undefined`: no call of the session is known yet. */
export function sessionLine({ calls, mayLackOlder }: KnownCalls, ablest: Model | undefined): SessionLine | undefined {
  const last = calls.at(-1);
  if (last === undefined) return undefined;
  const { usage } = calls.findLast((call) => call.usage !== undefined) ?? last;
  const prompt = usage === undefined ? 0 : promptTokens(usage);
  return {
    model: last.model,
    warmRatio: usage === undefined || prompt === 0 ? undefined : (usage.cacheReadTokens ?? 0) / prompt,
    billedNanoUsd: sumNanoUsd(calls.map((call) => call.billNanoUsd ?? toNanoUsd(0))),
    unknownCount: calls.filter((call) => call.unpriced.length > 0).length,
    mayLackOlder,
    atAblest: mayLackOlder ? undefined : billAt(calls, ablest),
  };
}

/** Nothing where a call's bill or tokens are unknown: half a sum compares with nothing. */
function billAt(calls: readonly SpentCall[], model: Model | undefined): SessionLine['atAblest'] {
  if (model === undefined || !isPriced(model.prices)) return undefined;
  const bills: NanoUsd[] = [];
  for (const { usage, at, billNanoUsd: bill } of calls) {
    if (usage === undefined || at === undefined || bill === undefined) return undefined;
    bills.push(billNanoUsd(model.prices, usage, at));
  }
  return { model: model.id, billNanoUsd: sumNanoUsd(bills) };
}

/** As in `gpt-6-luna · warm 92 % · $0.42 · $1.10 less than all on gpt-6-sol (modelled)`. */
export function sessionLineText(line: SessionLine): string {
  const { model, warmRatio, billedNanoUsd, unknownCount, mayLackOlder, atAblest } = line;
  const parts = [model];
  if (warmRatio !== undefined) parts.push(`warm ${Math.round(warmRatio * 100)} %`);
  parts.push(`${unknownCount > 0 || mayLackOlder ? 'at least ' : ''}${formatUsd(billedNanoUsd)}`);
  if (atAblest !== undefined && atAblest.billNanoUsd !== billedNanoUsd) {
    const gap = toNanoUsd(Math.abs(atAblest.billNanoUsd - billedNanoUsd));
    const word = atAblest.billNanoUsd > billedNanoUsd ? 'less' : 'more';
    parts.push(`${formatUsd(gap)} ${word} than all on ${atAblest.model} (modelled)`);
  }
  return parts.join(' · ');
}
