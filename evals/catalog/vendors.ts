/** What the snapshot does not say about a vendor's rows: where they are sold, on which wire, how their caches behave. */
export interface Vendor {
  readonly endpoint: string;
  readonly wire: 'anthropic-messages' | 'openai-chat' | 'openai-responses' | 'gemini-generate-content';
  readonly family: (id: string) => string;
  /** Key of `src/catalog/cache-rules.ts`. */
  readonly cacheRule: (id: string, endpoint: string) => string;
  /** Tokens for text that o200k counts as one. */
  readonly tokenRatio: (id: string) => number;
}

const chat = (endpoint: string, family: string, cacheRule: string, tokenRatio: number): Vendor => ({
  endpoint,
  wire: 'openai-chat',
  family: () => family,
  cacheRule: (_id, place) => (place === 'openrouter' ? 'openrouter' : cacheRule),
  tokenRatio: () => tokenRatio,
});

/**
 * Token ratios: o200k is 1 by definition. Measured on 212 kB of mixed text (2026-11-21): the public Claude vocabulary
 * 1.07, Qwen 3 1.03. Claude from Opus 4.7 on has a newer tokenizer for which 1.0–1.35 is reported: 1.18, its middle, is
 * assumed. 1.05 is assumed for vendors without a figure; usage corrects all of them.
 */
const ASSUMED_RATIO = 1.05;
const OLD_CLAUDE = new Set(['claude-haiku-4-5', 'claude-sonnet-4-6']);
const OLD_OPENAI_CACHE = /^gpt-5\.[0-5]/u;

const VENDORS: Readonly<Record<string, Vendor>> = {
  anthropic: {
    endpoint: 'anthropic',
    wire: 'anthropic-messages',
    family: () => 'claude',
    cacheRule: () => 'anthropic',
    tokenRatio: (id) => (OLD_CLAUDE.has(id) ? 1.07 : 1.18),
  },
  openai: {
    endpoint: 'openai',
    wire: 'openai-responses',
    family: () => 'gpt',
    cacheRule: (id) => (OLD_OPENAI_CACHE.test(id) ? 'openai-prefix' : 'openai-breakpoint'),
    tokenRatio: () => 1,
  },
  google: {
    ...chat('google', 'gemini', 'gemini', ASSUMED_RATIO),
    wire: 'gemini-generate-content',
    family: (id) => id.split('-')[0] ?? id,
  },
  deepseek: chat('deepseek', 'deepseek', 'deepseek', ASSUMED_RATIO),
  zai: chat('zai', 'glm', 'glm', ASSUMED_RATIO),
  moonshotai: chat('moonshotai', 'kimi', 'kimi', ASSUMED_RATIO),
  alibaba: chat('alibaba', 'qwen', 'qwen', 1.03),
  mistral: chat('mistral', 'mistral', 'mistral', ASSUMED_RATIO),
  xai: chat('xai', 'grok', 'grok', ASSUMED_RATIO),
  meta: { ...chat('meta', 'llama', 'unstated', ASSUMED_RATIO), family: (id) => id.split('-')[0] ?? id },
  minimax: chat('minimax', 'minimax', 'minimax', ASSUMED_RATIO),
};

export function vendorOf(provider: string): Vendor {
  const vendor = VENDORS[provider];
  if (vendor === undefined) throw new Error(`The snapshot has a vendor that is not described yet: ${provider}`);
  return vendor;
}
