import { sumNanoUsd, type NanoUsd } from '../domain/money.ts';
import { sumUsage, type Usage } from '../domain/usage.ts';
import { blocksOf, groupKeyOf, type Grouping } from './group-key.ts';
import type { SpentCall } from './spent-call.ts';

/** What a group of calls used and billed. */
export interface SpendRow {
  readonly key: string;
  readonly callCount: number;
  readonly usage: Usage;
  readonly billNanoUsd: NanoUsd;
  /** Calls whose bill nobody knows: they are in `callCount` and in no amount. */
  readonly unknownBillCallCount: number;
  /** What cut calls may have billed beyond `billNanoUsd`. */
  readonly mayHaveBilledNanoUsd: NanoUsd;
}

export interface SpendReport {
  readonly by: Grouping;
  readonly timeZone: string;
  /** Of times in their order, of everything else the dearest first. */
  readonly rows: readonly SpendRow[];
  readonly total: SpendRow;
  /** Of the total, what asking a small model what steps need has billed. Absent: none was asked. */
  readonly reader?: SpendRow;
  /** What is missing in the amounts, by how many calls lack it; the most frequent first. */
  readonly unpriced: readonly { readonly what: string; readonly callCount: number }[];
}

/** Groups calls and sums them up. Pure; amounts are exact. */
export function spendTable(calls: readonly SpentCall[], by: Grouping, timeZone: string): SpendReport {
  const blocks = by === 'block' ? blocksOf(calls) : undefined;
  const keyOf = by === 'block' ? (call: SpentCall): string => blocks?.get(call) ?? 'no date' : groupKeyOf(by, timeZone);
  const isTimed = by === 'day' || by === 'week' || by === 'month' || by === 'block';
  const rows = [...Map.groupBy(calls, keyOf)].map(([key, own]) => rowOf(key, own));
  rows.sort((a, b) => (isTimed ? 0 : b.billNanoUsd - a.billNanoUsd) || (a.key < b.key ? -1 : 1));
  const readers = calls.filter((call) => call.isReader === true);
  return {
    by,
    timeZone,
    rows,
    total: rowOf('total', calls),
    ...(readers.length === 0 ? {} : { reader: rowOf('reader', readers) }),
    unpriced: unpricedOf(calls),
  };
}

function rowOf(key: string, calls: readonly SpentCall[]): SpendRow {
  return {
    key,
    callCount: countOf(calls),
    usage: sumUsage(calls.flatMap((call) => call.usage ?? [])),
    billNanoUsd: sumNanoUsd(calls.flatMap((call) => call.billNanoUsd ?? [])),
    unknownBillCallCount: countOf(calls.filter((call) => call.unpriced.length > 0)),
    mayHaveBilledNanoUsd: sumNanoUsd(calls.flatMap((call) => call.mayHaveBilledNanoUsd ?? [])),
  };
}

function countOf(calls: readonly SpentCall[]): number {
  return calls.reduce((sum, { several }) => sum + (several?.callCount ?? 1), 0);
}

function unpricedOf(calls: readonly SpentCall[]): SpendReport['unpriced'] {
  const counts = new Map<string, number>();
  for (const call of calls)
    for (const what of call.unpriced) counts.set(what, (counts.get(what) ?? 0) + countOf([call]));
  return [...counts].map(([what, callCount]) => ({ what, callCount })).sort((a, b) => b.callCount - a.callCount);
}
