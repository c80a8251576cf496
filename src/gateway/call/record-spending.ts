import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import type { Principal } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { Session } from '../sessions/session-store.ts';

/** Adds a bill to what its session, and the access key that pays, have spent. */
export function recordSpending(core: GatewayCore, session: Session, { key }: Principal, bill: NanoUsd): void {
  session.spentNanoUsd = toNanoUsd(session.spentNanoUsd + bill);
  if (key === undefined) return;
  const total = toNanoUsd((core.spentByKey.get(key.id) ?? 0) + bill);
  core.spentByKey.set(key.id, total);
  core.deps.onSpent?.(key.id, total);
}

/** Counts what a vendor reported of one call; nothing where it reported nothing. */
export function meterTokens(core: GatewayCore, usage: Usage | undefined, bill: NanoUsd | undefined): void {
  if (usage === undefined) return;
  const { metrics } = core;
  metrics.count('pointsman_tokens_total', { bucket: 'uncached' }, usage.uncachedTokens);
  metrics.count('pointsman_tokens_total', { bucket: 'cache-read' }, usage.cacheReadTokens ?? 0);
  metrics.count('pointsman_tokens_total', { bucket: 'cache-write' }, usage.cacheWriteTokens ?? 0);
  metrics.count('pointsman_tokens_total', { bucket: 'output' }, usage.outputTokens);
  if (bill !== undefined) metrics.count('pointsman_billed_nano_usd_total', undefined, bill);
}
