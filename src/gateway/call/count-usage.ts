import type { NanoUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import type { GatewayCore } from '../core/gateway-core.ts';

/** Counts what a vendor reported of one call; nothing where it reported nothing. */
export function countUsage(core: GatewayCore, usage: Usage | undefined, bill: NanoUsd | undefined): void {
  if (usage === undefined) return;
  const { metrics } = core;
  metrics.count('pointsman_tokens_total', { bucket: 'uncached' }, usage.uncachedTokens);
  metrics.count('pointsman_tokens_total', { bucket: 'cache-read' }, usage.cacheReadTokens ?? 0);
  metrics.count('pointsman_tokens_total', { bucket: 'cache-write' }, usage.cacheWriteTokens ?? 0);
  metrics.count('pointsman_tokens_total', { bucket: 'output' }, usage.outputTokens);
  if (bill !== undefined) metrics.count('pointsman_billed_nano_usd_total', undefined, bill);
}
