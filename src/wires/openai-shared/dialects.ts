import type { Dialect } from '../shared/endpoint-config.ts';
import { MISTRAL_TOOL_ID, OPENAI_CHAT_TOOL_ID, type NameRule } from '../shared/tool-ids.ts';

/** In what OpenAI-like endpoints differ on the chat wire. Vendors' API references, read 2026-11. */
export interface DialectFacts {
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens';
  readonly toolId: NameRule;
  /** Takes `prompt_cache_key`; others may refuse an unknown field. */
  readonly cacheKey: boolean;
  /** Takes system messages after the first, text in several parts everywhere, and OpenAI's own fields. */
  readonly native: boolean;
  readonly effortField: 'reasoning_effort' | 'reasoning';
  /** Refuses fields that it does not know. */
  readonly refusesUnknown: boolean;
  /**
   * What stands for the signature of a call that another model made, where calls without one are refused. Google, thought
   * signatures, read 2026-11.
   */
  readonly foreignSignature: string | undefined;
  /**
   * What stands for the thoughts of another model's turn with calls, where such turns are refused without any. DeepSeek,
   * thinking mode with tool calls, read 2026-11.
   */
  readonly foreignThought: string | undefined;
}

const GENERIC: DialectFacts = {
  maxTokensField: 'max_tokens',
  toolId: OPENAI_CHAT_TOOL_ID,
  cacheKey: false,
  native: false,
  effortField: 'reasoning_effort',
  refusesUnknown: false,
  foreignSignature: undefined,
  foreignThought: undefined,
};

export const DIALECT_FACTS: Readonly<Record<Dialect, DialectFacts>> = {
  openai: { ...GENERIC, maxTokensField: 'max_completion_tokens', cacheKey: true, native: true },
  google: { ...GENERIC, refusesUnknown: true, foreignSignature: 'skip_thought_signature_validator' },
  mistral: { ...GENERIC, refusesUnknown: true, toolId: MISTRAL_TOOL_ID, cacheKey: true },
  deepseek: {
    ...GENERIC,
    refusesUnknown: true,
    foreignThought: 'Another model took this step; its thoughts are not here.',
  },
  openrouter: { ...GENERIC, effortField: 'reasoning' },
  generic: GENERIC,
};

/**
 * Fields of OpenAI's own chat API that others refuse or misread. Error texts of DeepSeek ("unknown variant developer") and
 * Mistral ("extra_forbidden"), read 2026-11.
 */
export const OPENAI_ONLY_FIELDS: readonly string[] = [
  'store',
  'verbosity',
  'metadata',
  'service_tier',
  'prediction',
  'modalities',
  'audio',
  'web_search_options',
  'safety_identifier',
  'prompt_cache_options',
  'prompt_cache_retention',
];
