import { isSameModel, type Model } from '../../domain/model.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { statedLimits } from '../hosts/limit-headers.ts';
import type { RouteCandidate } from '../route/route-call.ts';
import { pause } from './retry-pause.ts';
import type { Sent } from './send-once.ts';
import type { UpstreamEnd } from './upstream-end.ts';

/** The hosts of the chosen model, itself first. */
function hostsOf({ routed: { candidates } }: RoutedCall): readonly Model[] {
  const [chosen] = candidates;
  if (chosen === undefined) return [];
  return candidates.map(({ model }) => model).filter((model) => isSameModel(model, chosen.model));
}

/** Whether the chosen model has another host, or another key. */
export function hasHosts(call: RoutedCall): boolean {
  return hostsOf(call).length > 1;
}

/** Whether a model is one of several hosts of the chosen one. */
export function isOneOfHosts(call: RoutedCall, model: Model): boolean {
  return hasHosts(call) && hostsOf(call).some((host) => isSameModel(host, model));
}

/** Whether every host of the chosen model is known to turn calls away now. */
export function areAllAtLimit(core: GatewayCore, call: RoutedCall): boolean {
  const nowMs = core.monotonicMs();
  return hasHosts(call) && hostsOf(call).every((model) => core.limits.waitMs(model, nowMs) > 0);
}

/** The candidates, hosts of the chosen model whose key is at its limit behind those whose key is not. */
export function freeFirst(core: GatewayCore, candidates: readonly RouteCandidate[]): readonly RouteCandidate[] {
  const [chosen] = candidates;
  if (chosen === undefined) return candidates;
  const nowMs = core.monotonicMs();
  const isHost = ({ model }: RouteCandidate): boolean => isSameModel(model, chosen.model);
  const hosts = candidates.filter(isHost);
  if (hosts.length < 2) return candidates;
  const waits = new Map(hosts.map((host) => [host, core.limits.waitMs(host.model, nowMs)]));
  const byWait = hosts.toSorted((a, b) => (waits.get(a) ?? 0) - (waits.get(b) ?? 0));
  return [...byWait, ...candidates.filter((candidate) => !isHost(candidate))];
}

/** What an answer, or a refusal, says of the limits of the key that it was asked with. */
export function noteLimits(core: GatewayCore, model: Model, sent: Sent): void {
  const headers = sent.kind === 'answered' ? sent.answer.headers : sent.headers;
  const stated = statedLimits(headers, core.deps.clock.now());
  if (stated.length > 0) core.limits.note(model, stated, core.monotonicMs());
  if (sent.kind === 'answered' || sent.failure?.kind !== 'status' || sent.failure.status !== 429) return;
  core.limits.turnedAway(model, sent.failure.retryAfterMs, core.monotonicMs());
}

/** Whether a call ended because the key of its last host was at its limit. */
export function isAtLimit(end: UpstreamEnd): boolean {
  return end.kind === 'refused' && end.status === 429;
}

/** Waits until some host of the model may take a call again. False: that is too long to wait, or the caller has left. */
export async function waitForTurn(core: GatewayCore, call: RoutedCall): Promise<boolean> {
  const nowMs = core.monotonicMs();
  const hosts = hostsOf(call);
  const next = hosts.toSorted((a, b) => core.limits.waitMs(a, nowMs) - core.limits.waitMs(b, nowMs))[0];
  if (next === undefined || core.limits.waitMs(next, nowMs) > core.deps.settings.maxRetryWaitMs) return false;
  const waitMs = core.limits.takeTurn(next, nowMs);
  return waitMs <= core.deps.settings.maxRetryWaitMs && pause(waitMs, call.abort.signal);
}

/** A refusal for limits tells its caller to come back when the first host is free, not when the last one asked is. */
export function withNearestTurn(core: GatewayCore, call: RoutedCall, end: UpstreamEnd): UpstreamEnd {
  if (end.kind !== 'refused' || !isAtLimit(end) || !hasHosts(call)) return end;
  const nowMs = core.monotonicMs();
  const waitMs = Math.min(...hostsOf(call).map((model) => core.limits.waitMs(model, nowMs)));
  return { ...end, headers: { ...end.headers, 'retry-after': String(Math.ceil(waitMs / 1000)) } };
}
