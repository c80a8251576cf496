import type { Model } from '../../domain/model.ts';
import { MAX_HEAD_WAIT_MS, waitWorth, type HeadTurn } from '../../providers/head-waves.ts';
import { rewriteNanoUsd } from '../../warmth/keep-alive.ts';
import { memoryOwner, type RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { readableTokens } from '../sessions/shared-heads.ts';
import type { Outbound } from './outbound.ts';

const NOTHING: HeadTurn = { end: () => undefined };
/**
 * Sub-agents, and sessions, that start together share system and tools: one of them writes those and the others wait until they can be
 * read, as long as waiting costs less than writing. Only first calls of a transcript wait, only for a caller of the same key, and only
 * where a head that is large enough is cached by itself: others find their own prefix, or one that their vendor keeps as it likes.
 */
export async function waitForHead(
  core: GatewayCore,
  call: RoutedCall,
  model: Model,
  { endpoint, forecast }: Outbound,
): Promise<HeadTurn> {
  const rule = model.cacheRule;
  const { place, policy, startedAt } = call;
  const { headFingerprint } = place.thread;
  if (rule.kind !== 'explicit' || place.relation !== 'new' || headFingerprint === undefined) return NOTHING;
  if ((forecast.usage.cacheWriteTokens ?? 0) === 0) return NOTHING;
  if (place.thread.head === undefined) return NOTHING;
  const headTokens = readableTokens(place.thread.head, { wire: call.wire, model, dialect: core.dialectOf(endpoint) });
  if (headTokens < rule.minTokens) return NOTHING;
  const savedNanoUsd = rewriteNanoUsd(model, { heldTokens: headTokens, promptTokens: headTokens }, startedAt);
  const head = [endpoint.id, memoryOwner(call.principal), model.id, headFingerprint].join(' ');
  // All tries of a call together wait no longer than one may.
  const leftMs = MAX_HEAD_WAIT_MS - (performance.now() - call.startedMs);
  const mayWaitMs = Math.min(leftMs, waitWorth(savedNanoUsd, policy.waitingNanoUsdPerSecond));
  const onWait = (): void => core.metrics.count('pointsman_head_waits_total', { endpoint: model.endpoint });
  return core.headWaves.join(head, { ttlMs: rule.ttlMs, mayWaitMs, signal: call.abort.signal, onWait });
}
