import { knownBillNanoUsd } from '../../catalog/bill.ts';
import { asServed } from '../../catalog/service-tiers.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import type { RoutedCall, UpstreamAttempt } from '../core/call-context.ts';

/** What an answer bills, on the tier that served it. `undefined`: nobody said how much it was, or what it costs. */
export function billOf(
  { startedAt }: Pick<RoutedCall, 'startedAt'>,
  { model }: Pick<UpstreamAttempt, 'model'>,
  { usage, servedTier }: { readonly usage: Usage | undefined; readonly servedTier: string | undefined },
): NanoUsd | undefined {
  return usage && knownBillNanoUsd(asServed(model, servedTier).prices, usage, startedAt);
}
