import type { Dialect } from '../shared/endpoint-config.ts';
import { MISTRAL_TOOL_ID, OPENAI_CHAT_TOOL_ID, type NameRule } from '../shared/tool-ids.ts';

/** In what OpenAI-like endpoints differ on the chat wire. Vendors' API references, read 2026-11. */
export interface DialectFacts {
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens';
  readonly toolId: NameRule;
  /** Takes `prompt_cache_key`; others may refuse an unknown field. */
  readonly cacheKey: boolean;
  /** Takes system messages after the first, and text in several parts everywhere. */
  readonly native: boolean;
  readonly effortField: 'reasoning_effort' | 'reasoning';
}

const GENERIC: DialectFacts = {
  maxTokensField: 'max_tokens',
  toolId: OPENAI_CHAT_TOOL_ID,
  cacheKey: false,
  native: false,
  effortField: 'reasoning_effort',
};

export const DIALECT_FACTS: Readonly<Record<Dialect, DialectFacts>> = {
  openai: { ...GENERIC, maxTokensField: 'max_completion_tokens', cacheKey: true, native: true },
  mistral: { ...GENERIC, toolId: MISTRAL_TOOL_ID, cacheKey: true },
  deepseek: GENERIC,
  openrouter: { ...GENERIC, effortField: 'reasoning' },
  generic: GENERIC,
};
