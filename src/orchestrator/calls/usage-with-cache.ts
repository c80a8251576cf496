import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';

/** A prompt split into buckets as the model's vendor would report it. */
export function usageWithCache(
  model: Model,
  tokens: { readonly prompt: Tokens; readonly read: Tokens; readonly output: Tokens; readonly longWrite?: boolean },
): Usage {
  const rule = model.cacheRule;
  const rest = tokens.prompt - tokens.read;
  const writes = rule.kind !== 'none' && model.prices.base.cacheWrite !== undefined && tokens.prompt >= rule.minTokens;
  return {
    uncachedTokens: writes ? 0 : rest,
    cacheReadTokens: rule.kind === 'none' ? undefined : tokens.read,
    cacheWriteTokens: writes ? rest : undefined,
    cacheWrite1hTokens: writes && tokens.longWrite === true ? rest : undefined,
    outputTokens: tokens.output,
    reasoningTokens: undefined,
  };
}
