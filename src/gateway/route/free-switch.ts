import type { Model } from '../../domain/model.ts';
import { warmthOf } from '../../warmth/warmth-at.ts';
import { HELD_RATIO, warmthQueryOf } from '../sessions/thread-warmth.ts';
import type { RouteRequest } from './route-request.ts';

/**
 * Whether a step has lost what made it dear to leave its model: a compaction, or a pause that the model's cache has not outlived. What is
 * decided then is who writes the prompt again, and for how long.
 */
export function isFreeSwitch(request: RouteRequest, model: Model): boolean {
  const { thread, relation } = request.place;
  const rule = model.cacheRule;
  if (rule.kind === 'none') return false;
  if (relation === 'cut') return true;
  const { last } = thread.pauses;
  if (last === undefined || thread.promptTokens === undefined || request.now - last.at <= rule.ttlMs) return false;
  const row = warmthOf(thread.ledger, model, warmthQueryOf(thread, request));
  return (row?.warmTokens ?? 0) < HELD_RATIO * thread.promptTokens * model.tokenRatio;
}
