import { promptTokens } from '../domain/usage.ts';
import type { SpentCall } from './spent-call.ts';

/** How far apart two clocks readings of one call may be: a log writes the end of an answer, a record its start. */
const SAME_CALL_MS = 10 * 60_000;

/**
 * Takes out of logs what the gateway recorded, too: a client that is connected to the gateway writes its own log of the same calls.
 * The same call has the same request id, or the same tokens at about the same time; each record stands for one call of a log.
 */
export function countOnce(calls: readonly SpentCall[]): {
  readonly calls: readonly SpentCall[];
  /** Calls of logs that were left out. */
  readonly repeatedCount: number;
} {
  const records = calls.filter((call) => call.source === 'gateway');
  if (records.length === 0) return { calls, repeatedCount: 0 };
  const byId = new Map(records.flatMap((call) => (call.requestId === undefined ? [] : [[call.requestId, call]])));
  const byTokens = Map.groupBy(records, tokensKey);
  const used = new Set<SpentCall>();
  const kept = calls.filter((call) => {
    if (call.source !== 'log') return true;
    const named = byId.get(call.requestId ?? '');
    const record = named !== undefined && !used.has(named) ? named : nearest(byTokens.get(tokensKey(call)), call, used);
    if (record === undefined) return true;
    used.add(record);
    return false;
  });
  return { calls: kept, repeatedCount: calls.length - kept.length };
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
  return records?.find((record) => !used.has(record) && Math.abs((record.at ?? 0) - at) <= SAME_CALL_MS);
}
