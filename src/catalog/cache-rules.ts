import type { CacheRule } from '../domain/model.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';

export const CACHE_RULE_NAMES = [
  'none',
  'anthropic',
  'openai-prefix',
  'openai-breakpoint',
  'gemini',
  'deepseek',
  'kimi',
  'glm',
  'qwen',
  'grok',
  'mistral',
  'minimax',
  'openrouter',
  'vllm',
  'ollama',
  'unstated',
] as const;
export type CacheRuleName = (typeof CACHE_RULE_NAMES)[number];

type KnownRule = Exclude<CacheRule, { kind: 'none' }>;

/** Date on which the vendors' pages and measurements behind this table were read. */
const READ_ON = '2026-11-21';

const prefix = (rule: Partial<KnownRule> & Pick<KnownRule, 'priorHitRatio' | 'source'>): KnownRule => ({
  kind: 'automatic',
  minTokens: 1024,
  granularityTokens: 1,
  ttlMs: 5 * MINUTE_MS,
  longTtlMs: undefined,
  maxMarkers: 0,
  lookBackBlocks: undefined,
  exactBreakpoint: false,
  asOf: READ_ON,
  ...rule,
});

/**
 * Prompt-cache behaviour by vendor line. `source` grades each rule: "vendor" stated by the vendor, "measured" by others,
 * "assumed" where nobody states it; assumed numbers are starting points that observed usage overrules.
 */
const RULES: Readonly<Record<CacheRuleName, CacheRule>> = {
  none: { kind: 'none' },
  /** Minimum is per model, on its row; a marker finds an older entry within 20 blocks. */
  anthropic: prefix({
    kind: 'explicit',
    renewsOnRead: true,
    longTtlMs: HOUR_MS,
    maxMarkers: 4,
    lookBackBlocks: 20,
    priorHitRatio: 1,
    source: 'vendor: anthropics/skills@9d2f1ae; LiteLLM prompt-caching page 2026-10-07',
  }),
  /** Up to GPT-5.5: longest prefix in steps of 128; kept for 24 h by default, less surely than marked caches. */
  'openai-prefix': prefix({
    granularityTokens: 128,
    ttlMs: 24 * HOUR_MS,
    priorHitRatio: 0.9,
    source: 'vendor: OpenAI prompt-caching guide; prior hit rate assumed',
  }),
  /** From GPT-5.6 on: only an exact earlier breakpoint matches; three markers beside the implicit newest one. */
  'openai-breakpoint': prefix({
    ttlMs: 30 * MINUTE_MS,
    maxMarkers: 3,
    exactBreakpoint: true,
    priorHitRatio: 0.97,
    source: 'vendor: OpenAI prompt-caching guide; hit rate measured over 73,386 Codex calls',
  }),
  /** Implicit caching. The durable tier may hold longer than the five minutes assumed here. */
  gemini: prefix({ priorHitRatio: 0.7, source: 'vendor: ai.google.dev caching page; lifetime and hit rate assumed' }),
  deepseek: prefix({
    minTokens: 64,
    granularityTokens: 64,
    ttlMs: 2 * HOUR_MS,
    priorHitRatio: 0.95,
    source: 'vendor: DeepSeek context-caching page; lifetime and hit rate assumed',
  }),
  kimi: prefix({
    minTokens: 256,
    granularityTokens: 256,
    ttlMs: 10 * MINUTE_MS,
    priorHitRatio: 0.95,
    source: 'measured: 256-token chunks on the coding endpoint; lifetime and hit rate assumed',
  }),
  glm: prefix({
    ttlMs: 10 * MINUTE_MS,
    priorHitRatio: 0.9,
    source: 'vendor: Z.AI context-cache page; minimum, lifetime and hit rate assumed',
  }),
  qwen: prefix({ priorHitRatio: 0.9, source: 'vendor: Model Studio context-cache page; hit rate assumed' }),
  grok: prefix({
    minTokens: 128,
    granularityTokens: 128,
    priorHitRatio: 0.7,
    source: 'measured: 128-token blocks; lifetime and hit rate assumed',
  }),
  mistral: prefix({ priorHitRatio: 0.7, source: 'vendor: caching with a key; minimum, lifetime, hit rate assumed' }),
  minimax: prefix({ minTokens: 512, priorHitRatio: 0.9, source: 'vendor: MiniMax page; lifetime, hit rate assumed' }),
  /** Stickiness to one host ends after ten idle minutes; hosts may still change. */
  openrouter: prefix({
    ttlMs: 10 * MINUTE_MS,
    priorHitRatio: 0.6,
    source: 'vendor: OpenRouter prompt-caching page; hit rate from a measured 57–64 % without a pin',
  }),
  /** Blocks of 16 tokens, evicted by use and not by age. */
  vllm: prefix({
    minTokens: 16,
    granularityTokens: 16,
    ttlMs: HOUR_MS,
    priorHitRatio: 0.9,
    source: 'vendor: vLLM documentation; lifetime and hit rate assumed',
  }),
  /** One slot of the last prompt, kept while the model stays loaded (five minutes by default). */
  ollama: prefix({ minTokens: 1, priorHitRatio: 0.9, source: 'vendor: Ollama keep_alive default; hit rate assumed' }),
  /** A vendor that has a price for cached reads but no published rule. */
  unstated: prefix({ priorHitRatio: 0.6, source: 'assumed' }),
};

/** The rule of that name, with the row's own minimum where the vendor has one per model. */
export function cacheRuleOf(name: CacheRuleName, minTokens: number | undefined): CacheRule {
  const rule: CacheRule = RULES[name];
  return rule.kind === 'none' || minTokens === undefined ? rule : { ...rule, minTokens };
}
