import type { Model } from '../../domain/model.ts';
import { SECOND_MS, type Ms } from '../../domain/time.ts';
import { rewriteNanoUsd } from '../../warmth/keep-alive.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { MAX_HEAD_WAIT_MS, type HeadTurn } from '../core/head-waves.ts';
import type { Outbound } from './outbound.ts';

const NOTHING: HeadTurn = { end: () => undefined };

/**
 * Sub-agents, and sessions, that start together share system and tools: one of them writes those and the others wait until they can be
 * read, as long as waiting costs less than writing. Only first calls of a transcript wait, and only where what is cached is what was
 * marked: others find their own prefix, or one that their vendor keeps as it likes.
 */
export async function waitForHead(
  core: GatewayCore,
  call: RoutedCall,
  model: Model,
  { endpoint, forecast }: Outbound,
): Promise<HeadTurn> {
  const rule = model.cacheRule;
  const { place, account, policy, startedAt } = call;
  const { headFingerprint } = place.thread;
  if (rule.kind !== 'explicit' || place.relation !== 'new' || headFingerprint === undefined) return NOTHING;
  if (forecast.promptTokens < rule.minTokens || (forecast.usage.cacheWriteTokens ?? 0) === 0) return NOTHING;
  if (call.wire === model.wire && !call.format.isCached(call.body)) return NOTHING;
  const { promptTokens } = forecast;
  const savedNanoUsd = rewriteNanoUsd(model, { heldTokens: promptTokens, promptTokens }, startedAt);
  const head = [endpoint.id, account, model.id, headFingerprint].join(' ');
  const mayWaitMs = waitOf(savedNanoUsd, policy.waitingNanoUsdPerSecond);
  return core.headWaves.join(head, { ttlMs: rule.ttlMs, mayWaitMs, signal: call.abort.signal });
}

function waitOf(savedNanoUsd: number, nanoUsdPerSecond: number): Ms {
  return nanoUsdPerSecond <= 0 ? MAX_HEAD_WAIT_MS : (savedNanoUsd / nanoUsdPerSecond) * SECOND_MS;
}
