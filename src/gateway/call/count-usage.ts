import type { CallRecord } from '../../recorder/record.ts';
import { callLabels } from '../core/call-labels.ts';
import type { GatewayCore } from '../core/gateway-core.ts';

/** Counts what a vendor reported of one call; nothing where it reported nothing. */
export function countUsage({ metrics, placeOf }: Pick<GatewayCore, 'metrics' | 'placeOf'>, call: CallRecord): void {
  const { usage, billNanoUsd } = call;
  const labels = callLabels(call, placeOf);
  if (billNanoUsd !== undefined) metrics.count('pointsman_billed_nano_usd_total', labels, billNanoUsd);
  if (usage === undefined) return;
  const buckets = {
    uncached: usage.uncachedTokens,
    'cache-read': usage.cacheReadTokens,
    'cache-write': usage.cacheWriteTokens,
    output: usage.outputTokens,
  };
  for (const [bucket, tokens] of Object.entries(buckets))
    if (tokens !== undefined) metrics.count('pointsman_tokens_total', { bucket, ...labels }, tokens);
}
