import { isOnOurAccount, type ConfiguredEndpoint } from '../../config/config.ts';
import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import { expectStretch } from '../../predict/forecast/stretches.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import { chooseWrite, premiumNanoUsd } from '../../warmth/hour-writes.ts';
import { isWithinPingBound, PING_OVERHEAD_RATIO } from '../../warmth/pause-plan.ts';
import { returnHazard } from '../../warmth/return-hazard.ts';
import { shippedReturns } from '../../warmth/shipped-returns.ts';
import type { JsonEdit } from '../../wires/shared/json-bytes.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { CallForecast } from '../core/call-forecast.ts';
import { contextOf } from '../sessions/thread-pauses.ts';
import { HELD_RATIO } from '../sessions/thread-warmth.ts';

/**
 * What has a call's prompt written for an hour: where its prefix is written anew and that is worth more than pings or nothing, and from
 * then on while it is warm. Never past what pings and hours together may cost the session, and never on a caller's own key.
 */
export function hourFor(
  call: RoutedCall,
  model: Model,
  { endpoint, forecast }: { readonly endpoint: ConfiguredEndpoint; readonly forecast: CallForecast },
): readonly JsonEdit[] {
  const { policy, place, format } = call;
  if (!policy.keepAlive || !isOnOurAccount(endpoint) || place.relation === 'aside' || place.session.isSubAgent)
    return [];
  const written = forecast.usage.cacheWriteTokens ?? 0;
  if (written === 0 || format.hourEdits === undefined || !isWorthAnHour(call, model, forecast)) return [];
  const { session } = place;
  const account = { spentNanoUsd: session.spentNanoUsd, ...session.pings };
  const premium = premiumNanoUsd(model, written, call.startedAt);
  if (!isWithinPingBound(account, premium, policy.pingOverheadRatio ?? PING_OVERHEAD_RATIO)) return [];
  return format.hourEdits(call.body);
}

function isWorthAnHour({ place, startedAt }: RoutedCall, model: Model, forecast: CallForecast): boolean {
  const { pauses, turns } = place.thread;
  const { promptTokens, cacheReadTokens } = forecast;
  // What is warm lives as long as it was written for: a longer class behind a shorter one would be lost with it.
  if (cacheReadTokens >= HELD_RATIO * promptTokens)
    return pauses.last?.model.id === model.id && pauses.last.hourTokens > 0;
  const context = { ...contextOf(pauses, promptTokens), waitFor: 'person' } as const;
  const table = shippedStretches();
  const stretch = expectStretch(table, turns, promptTokens);
  const growthTokens: Tokens = (table.newTokensPerCall + table.outputTokensPerCall) * model.tokenRatio;
  const outlook = {
    promptTokens,
    writtenTokens: promptTokens - cacheReadTokens,
    callCount: stretch.callCount + stretch.laterCallCount,
    growthTokens,
    hazard: returnHazard(shippedReturns(), context, pauses.own),
  };
  return chooseWrite(model, outlook, startedAt)?.kind === 'hour';
}
