import { promptTokens } from '../domain/usage.ts';
import type { SpentCall } from './spent-call.ts';

/** How far apart two clock readings of one call may be: a log writes the end of an answer, a record its start. */
export const SAME_CALL_MS: number = 10 * 60_000;

/**
 * Takes out of logs what the gateway recorded, too: a client that is connected to the gateway writes its own log of the same calls.
 * The same call has the same request id, or, where one of the two has none, the same tokens at about the same time; each record
 * stands for one call of a log.
 */
export function countOnce(calls: readonly SpentCall[]): {
  readonly calls: readonly SpentCall[];
  /** Calls of logs that were left out. */
  readonly repeatedCount: number;
} {
  const records = calls.filter((call) => call.source === 'gateway');
  if (records.length === 0) return { calls, repeatedCount: 0 };
  const logs = calls.filter((call) => call.source === 'log');
  const repeated = new Set<SpentCall>();
  const used = new Set<SpentCall>();
  // Names first: no guess takes the record of a call that is sure.
  const byId = new Map(records.flatMap((call) => (call.requestId === undefined ? [] : [[call.requestId, call]])));
  for (const call of logs) {
    const record = byId.get(call.requestId ?? '');
    if (record === undefined) continue;
    used.add(record);
    repeated.add(call);
  }
  const byTokens = Map.groupBy(records, tokensKey);
  for (const call of logs) {
    const record = repeated.has(call) ? undefined : nearest(byTokens.get(tokensKey(call)), call, used);
    if (record === undefined) continue;
    used.add(record);
    repeated.add(call);
  }
  return { calls: calls.filter((call) => !repeated.has(call)), repeatedCount: repeated.size };
}

/** Calls without a usage are told apart by nothing: `undefined` matches none. */
function tokensKey({ usage }: SpentCall): string | undefined {
  return usage === undefined ? undefined : `${promptTokens(usage)}/${usage.outputTokens}`;
}

function nearest(
  records: readonly SpentCall[] | undefined,
  call: SpentCall,
  used: ReadonlySet<SpentCall>,
): SpentCall | undefined {
  const { at } = call;
  if (at === undefined || call.usage === undefined) return undefined;
  const distance = (record: SpentCall): number => Math.abs((record.at ?? 0) - at);
  const [first] = (records ?? [])
    .filter((record) => !used.has(record) && mayBeSame(record, call) && distance(record) <= SAME_CALL_MS)
    .sort((one, other) => distance(one) - distance(other));
  return first;
}

/** The gateway gives every answer an id of its own: a log with another one is of a call that went past it. */
function mayBeSame(record: SpentCall, call: SpentCall): boolean {
  return record.requestId === undefined || call.requestId === undefined;
}
