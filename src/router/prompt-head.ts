import type { PromptHead } from '../domain/forecast.ts';
import type { Model } from '../domain/model.ts';
import type { StepMode } from '../domain/step.ts';
import type { Tokens } from '../domain/time.ts';
import type { HeadWarmth, Warmth } from '../domain/warmth.ts';
import type { StepWarmth } from './step-cost.ts';

/** Tokens of a head that a model's cache can hold, in the model's own count: 0 under the vendor's minimum. */
export function cacheableHeadTokens(model: Model, head: PromptHead | undefined): Tokens {
  const rule = model.cacheRule;
  if (head === undefined || rule.kind === 'none') return 0;
  const tokens = head.tokens * model.tokenRatio;
  return tokens < rule.minTokens ? 0 : tokens;
}

/** The ledger's row of a head, if the model holds any of it. */
export function heldHead(warmth: Warmth | undefined, head: PromptHead | undefined): HeadWarmth | undefined {
  return head === undefined ? undefined : warmth?.heads?.find((row) => row.key === head.key && row.warmTokens > 0);
}

/**
 * What the first call of a step meets: on the shared transcript its warm prefix, or the head where nothing else is left;
 * in a fresh context the head that earlier contexts left. Whichever is expected to be read more.
 */
export function firstCallWarmth(
  model: Model,
  warmth: Warmth | undefined,
  of: {
    readonly mode: StepMode;
    readonly sharedHead: PromptHead | undefined;
    readonly freshHead: PromptHead | undefined;
  },
): Pick<StepWarmth, 'warmTokens' | 'hitRatio'> {
  const head = of.mode === 'continue' ? of.sharedHead : of.freshHead;
  const held = heldHead(warmth, head);
  const headTokens = held === undefined ? 0 : Math.min(held.warmTokens, cacheableHeadTokens(model, head));
  const fromHead = { warmTokens: headTokens, hitRatio: held?.hitRatio ?? 0 };
  if (of.mode !== 'continue') return fromHead;
  const own = { warmTokens: warmth?.warmTokens ?? 0, hitRatio: warmth?.hitRatio ?? 0 };
  return own.warmTokens * own.hitRatio >= fromHead.warmTokens * fromHead.hitRatio ? own : fromHead;
}
