import type { GatewayCore } from '../core/gateway-core.ts';
import type { RouteCandidate } from '../route/route-call.ts';

/** Where nobody is well: those whose calls failed the least of late first, and weaker models behind all others. */
export function leastBadFirst(
  core: Pick<GatewayCore, 'meter' | 'monotonicMs'>,
  candidates: readonly RouteCandidate[],
): readonly RouteCandidate[] {
  const nowMs = core.monotonicMs();
  const ranked = candidates.map((candidate) => ({
    candidate,
    failureRatio: core.meter.seenOf(candidate.model, nowMs).failureRatio,
  }));
  return ranked
    .toSorted((a, b) => Number(a.candidate.isWeaker) - Number(b.candidate.isWeaker) || a.failureRatio - b.failureRatio)
    .map(({ candidate }) => candidate);
}
