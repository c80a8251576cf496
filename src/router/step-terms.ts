import type { HostView } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import type { Ms, Ratio } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';
import type { StepShape } from './step-cost.ts';

/** Where a vendor's speed is unknown (2026-11: the middle of the catalogue's measured rows). */
const UNKNOWN_TTFT_MS: Ms = 1500;
const UNKNOWN_TOKENS_PER_SECOND = 60;

/** P(a call inside a step hits what the call before it left): 0 when calls are further apart than the time to live. */
export function insideHitRatio(model: Model, warmth: Warmth | undefined, callGapMs: Ms): Ratio {
  const rule = model.cacheRule;
  if (rule.kind === 'none' || callGapMs > rule.ttlMs) return 0;
  return warmth?.hitRatios?.['tool-result'][0] ?? rule.priorHitRatio;
}

/** Expected seconds of waiting for a step; what was seen of the host outranks the catalogue. */
export function secondsOf(model: Model, shape: StepShape, seen?: HostView): number {
  const { ttftMs, perSecond } = speedOf(model, seen);
  const perCall = ttftMs / 1000 + shape.outputTokens / perSecond;
  return shape.callCount * shape.workRatio * perCall;
}

/** How fast a model answers: as its host was seen to, else as the catalogue says, else as most do. */
export function speedOf(model: Model, seen: HostView | undefined): { readonly ttftMs: Ms; readonly perSecond: number } {
  return {
    ttftMs: seen?.ttftMs ?? model.ttftMs ?? UNKNOWN_TTFT_MS,
    perSecond: seen?.outputTokensPerSecond ?? model.outputTokensPerSecond ?? UNKNOWN_TOKENS_PER_SECOND,
  };
}

export function clampRatio(value: number): Ratio {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
