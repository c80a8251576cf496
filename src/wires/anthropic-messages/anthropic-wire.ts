import type { JsonObject } from '../../domain/json.ts';

/** Anthropic Messages, version 2026-10-21, as far as pointsman writes or reads it. The wire's own spelling. */

export interface AnthropicCacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: '5m' | '1h';
}

interface Cacheable {
  readonly cache_control?: AnthropicCacheControl;
}

export interface AnthropicTextBlock extends Cacheable {
  readonly type: 'text';
  readonly text: string;
}

type AnthropicMediaSource =
  | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
  | { readonly type: 'url'; readonly url: string };

export interface AnthropicMediaBlock extends Cacheable {
  readonly type: 'image' | 'document';
  readonly source: AnthropicMediaSource;
}

interface AnthropicThinkingBlock {
  readonly type: 'thinking';
  readonly thinking: string;
  readonly signature: string;
}

interface AnthropicRedactedThinkingBlock {
  readonly type: 'redacted_thinking';
  readonly data: string;
}

interface AnthropicToolUseBlock extends Cacheable {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

export interface AnthropicToolResultBlock extends Cacheable {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content: string | readonly (AnthropicTextBlock | AnthropicMediaBlock)[];
  readonly is_error?: boolean;
}

export type AnthropicBlock =
  | AnthropicTextBlock
  | AnthropicMediaBlock
  | AnthropicThinkingBlock
  | AnthropicRedactedThinkingBlock
  | AnthropicToolUseBlock
  | AnthropicToolResultBlock;

export interface AnthropicMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string | readonly AnthropicBlock[];
  /** In a system message that says nothing else: the effort from there on. */
  readonly output_config?: { readonly effort: AnthropicEffort };
}

export type AnthropicEffort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface AnthropicTool extends Cacheable {
  readonly name: string;
  readonly description?: string;
  readonly input_schema: JsonObject;
}

export type AnthropicToolChoice =
  | { readonly type: 'auto' | 'any' | 'none' }
  | { readonly type: 'tool'; readonly name: string };

export interface AnthropicRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly system?: string | readonly AnthropicTextBlock[];
  readonly tools?: readonly AnthropicTool[];
  readonly tool_choice?: AnthropicToolChoice;
  readonly messages: readonly AnthropicMessage[];
  readonly thinking?:
    | { readonly type: 'adaptive' | 'disabled' }
    | { readonly type: 'enabled'; readonly budget_tokens: number };
  readonly output_config?: {
    readonly effort?: AnthropicEffort;
    readonly format?: { readonly type: 'json_schema'; readonly schema: JsonObject };
  };
  readonly stream?: boolean;
}
