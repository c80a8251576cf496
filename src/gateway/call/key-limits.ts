import { isSameModel, type Model } from '../../domain/model.ts';
import { SECOND_MS, type Ms } from '../../domain/time.ts';
import { statedLimits } from '../../providers/hosts/limit-headers.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
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
function hasHosts(call: RoutedCall): boolean {
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

/** Whether a call ended because the key of one of several hosts was at its limit: that is worth waiting for. */
export function isHostAtLimit(call: RoutedCall, end: UpstreamEnd | undefined): boolean {
  return end?.kind === 'refused' && end.status === 429 && isOneOfHosts(call, end.attempt.model);
}

/**
 * Waits until some host of the model may take a call again; one whose key is not at its limit has failed for another reason. False:
 * that is too long to wait, or the caller has left.
 */
export async function waitForTurn(core: GatewayCore, call: RoutedCall): Promise<boolean> {
  const nowMs = core.monotonicMs();
  const next = atLimit(core, call, nowMs)[0];
  const waitMs = next === undefined ? 0 : core.limits.takeTurn(next, nowMs, core.deps.settings.maxRetryWaitMs);
  return waitMs !== undefined && pause(waitMs, call.abort.signal);
}

/** The hosts whose keys are at their limits, the first that is free first. */
function atLimit({ limits }: GatewayCore, call: RoutedCall, nowMs: Ms): readonly Model[] {
  const waiting = hostsOf(call).filter((model) => limits.waitMs(model, nowMs) > 0);
  return waiting.toSorted((a, b) => limits.waitMs(a, nowMs) - limits.waitMs(b, nowMs));
}

/**
 * A refusal for limits says to its caller when the first host is free, not when the last one asked is, in both headers that clients
 * read; and not that it is at once, since no host took the call just now.
 */
export function withNearestTurn(core: GatewayCore, call: RoutedCall, end: UpstreamEnd): UpstreamEnd {
  if (end.kind !== 'refused' || !isHostAtLimit(call, end)) return end;
  const nowMs = core.monotonicMs();
  const next = atLimit(core, call, nowMs)[0];
  const afterMs = next === undefined ? SECOND_MS : Math.ceil(core.limits.waitMs(next, nowMs));
  const headers = { 'retry-after-ms': String(afterMs), 'retry-after': String(Math.ceil(afterMs / SECOND_MS)) };
  return { ...end, headers: { ...end.headers, ...headers } };
}
