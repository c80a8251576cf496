import type { JsonObject } from '../../domain/json.ts';

/** OpenAI Chat Completions and its many relatives, as far as pointsman writes or reads it. The wire's own spelling. */

interface Markable {
  readonly prompt_cache_breakpoint?: { readonly mode: 'explicit' };
  readonly cache_control?: { readonly type: 'ephemeral'; readonly ttl?: '5m' | '1h' };
}

export interface ChatTextPart extends Markable {
  readonly type: 'text';
  readonly text: string;
}

interface ChatImagePart extends Markable {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string };
}

interface ChatFilePart extends Markable {
  readonly type: 'file';
  readonly file: { readonly filename: string; readonly file_data: string };
}

interface ChatAudioPart extends Markable {
  readonly type: 'input_audio';
  readonly input_audio: { readonly data: string; readonly format: string };
}

/** Not OpenAI's: Moonshot, Alibaba and Z.ai take films so. */
interface ChatVideoPart extends Markable {
  readonly type: 'video_url';
  readonly video_url: { readonly url: string };
}

export type ChatPart = ChatTextPart | ChatImagePart | ChatFilePart | ChatAudioPart | ChatVideoPart;

export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
  /** Vendor state of a call, such as Gemini's thought signature. */
  readonly extra_content?: JsonObject;
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content?: string | readonly ChatPart[] | null;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
  /** Thinking, under the name that its vendor uses. */
  readonly reasoning_content?: string;
  readonly reasoning?: string;
  readonly reasoning_details?: readonly JsonObject[];
}

interface ChatTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description?: string; readonly parameters: JsonObject };
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[];
  readonly tool_choice?:
    | 'auto'
    | 'none'
    | 'required'
    | { readonly type: 'function'; readonly function: { readonly name: string } };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly reasoning_effort?: string;
  readonly reasoning?: { readonly effort: string };
  readonly response_format?:
    | { readonly type: 'json_object' }
    | {
        readonly type: 'json_schema';
        readonly json_schema: { readonly name: string; readonly schema: JsonObject; readonly strict: boolean };
      };
  readonly verbosity?: string;
  readonly prompt_cache_key?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage: boolean };
}
