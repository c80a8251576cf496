import { isOnOurAccount, type ConfiguredEndpoint } from '../../config/config.ts';
import type { Model } from '../../domain/model.ts';
import { premiumNanoUsd } from '../../warmth/hour-writes.ts';
import { isWithinPingBound, PING_OVERHEAD_RATIO } from '../../warmth/pause-plan.ts';
import type { JsonEdit } from '../../wires/shared/json-bytes.ts';
import type { ReceivedCall, RoutedCall } from '../core/call-context.ts';
import type { CallForecast } from '../core/call-forecast.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { RouteRequest } from '../route/route-request.ts';
import { HELD_RATIO } from '../sessions/thread-warmth.ts';
import { pricedAtAskedTier } from './asked-tier.ts';

/**
 * What has a call's prompt written for an hour: where its prefix is written anew and the decision about its step says so, and from then
 * on while it is warm. Never past what pings and hours together may cost the session, and never on a caller's own key
 * or where nobody states what it costs on the tier that its caller asks for.
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
  if (written === 0 || format.hourEdits === undefined || !isForAnHour(call, model, forecast)) return [];
  const { session } = place;
  const account = { spentNanoUsd: session.spentNanoUsd, ...session.pings };
  const billed = pricedAtAskedTier(call, model);
  if (billed === undefined) return [];
  const premium = premiumNanoUsd(billed, written, call.startedAt);
  if (!isWithinPingBound(account, premium, policy.pingOverheadRatio ?? PING_OVERHEAD_RATIO)) return [];
  return format.hourEdits(call.body);
}

/** What keeps the decision from pings and hours that could not be: it says what will be sent. */
export function pauseLimitOf(
  { deps }: GatewayCore,
  { format, body }: ReceivedCall,
  pool: readonly Model[],
): ReturnType<RouteRequest['pauseLimit']> {
  const isOurs = pool.some(({ endpoint: id, cacheRule }) => {
    const endpoint = deps.endpoints.get(id);
    return cacheRule.kind !== 'none' && endpoint !== undefined && isOnOurAccount(endpoint);
  });
  if (!isOurs || format.asksForHour?.(body) === true) return 'nothing';
  if (format.hourEdits === undefined) return 'no-word';
  return format.hourEdits(body).length === 0 ? 'caller-says' : undefined;
}

/** What is warm lives as long as it was written for: a longer class behind a shorter one would be lost with it. */
function isForAnHour({ place, routed }: RoutedCall, model: Model, forecast: CallForecast): boolean {
  if (forecast.cacheReadTokens < HELD_RATIO * forecast.promptTokens) return routed.step.hourOn === model.id;
  const { last } = place.thread.pauses;
  return last?.model.id === model.id && last.hourTokens > 0;
}
