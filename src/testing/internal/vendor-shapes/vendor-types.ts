import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type { Message, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages/messages';
import type {
  Candidate,
  Content,
  FunctionDeclaration,
  GenerateContentResponse,
  GenerateContentResponsePromptFeedback,
  GenerateContentResponseUsageMetadata,
  GenerationConfig,
  SafetySetting,
  Schema,
  Tool as GoogleTool,
  ToolConfig,
} from '@google/genai';
import type { SpeechCreateParams } from 'openai/resources/audio/speech';
import type { BatchCreateParams } from 'openai/resources/batches';
import type {
  ChatCompletion,
  ChatCompletionAssistantMessageParam,
  ChatCompletionChunk,
  ChatCompletionContentPartText,
  ChatCompletionCreateParams,
  ChatCompletionMessageParam,
  ChatCompletionToolMessageParam,
} from 'openai/resources/chat/completions/completions';
import type { CompletionCreateParams } from 'openai/resources/completions';
import type { EmbeddingCreateParams } from 'openai/resources/embeddings';
import type { ImageGenerateParams } from 'openai/resources/images';
import type { ModerationCreateParams } from 'openai/resources/moderations';
import type {
  FunctionTool,
  Response,
  ResponseCompactParams,
  ResponseCreateParams,
  ResponseInputItem,
  ResponseInputMessageContentList,
  ResponseStreamEvent,
  ResponseUsage,
  Tool,
} from 'openai/resources/responses/responses';

/*
 * What each vendor takes and gives, as its own SDK types it. A schema is made of each exported type when tests run; a field that
 * a vendor documents and its SDK does not type is added here, with the page and the day it was read.
 */

/** A distributive `Omit`: a union stays a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Named in the SDK beside the body, sent as headers by it. */
type AnthropicHeaders = 'betas' | 'user_profile_id' | 'workspace_id';

/** Sampling left the types with version 2026-10-21; older models take it still (platform.claude.com, messages, 2026-11-29). */
interface OlderSampling {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
}

export type ClaudeRequest = Without<MessageCreateParams, AnthropicHeaders> & OlderSampling;
export type ClaudeAnswer = Message;
export type ClaudeEvent = RawMessageStreamEvent;

export type OpenaiChatRequest = Without<ChatCompletionCreateParams, 'messages'> & {
  readonly messages: readonly (ChatCompletionMessageParam | NamedResult)[];
};
export type OpenaiChatAnswer = ChatCompletion;
export type OpenaiChatEvent = ChatCompletionChunk;

/** Codex sends its model's turns back without ids, nothing being stored (openai/codex 0.169, seen 2026-11-21). */
interface UnstoredTurn {
  readonly type: 'message';
  readonly role: 'assistant';
  readonly id?: string;
  readonly content: readonly (
    | { readonly type: 'output_text'; readonly text: string; readonly annotations?: readonly unknown[] }
    | { readonly type: 'refusal'; readonly refusal: string }
  )[];
  readonly phase?: 'commentary' | 'final_answer' | null;
}

/** Codex numbers what it says itself, too (openai/codex 0.169, seen 2026-11-29). */
interface NumberedTurn {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'user' | 'developer' | 'system';
  readonly content: string | ResponseInputMessageContentList;
}

/** Codex gives its model's thoughts back without an id, and says that they have no text (openai/codex 0.169, seen 2026-11-29). */
interface SealedReasoning {
  readonly type: 'reasoning';
  readonly id?: string;
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[];
  readonly content?: null;
  readonly encrypted_content?: string | null;
}

/** The reference has a default for `strict` (platform.openai.com, responses, 2026-11-29); the type demands it. */
type PlainFunction = Omit<FunctionTool, 'strict'> & { readonly strict?: boolean | null };

/** How Codex asks for the search of its vendor (openai/codex 0.169, seen 2026-11-29). */
interface CodexSearch {
  readonly type: 'web_search';
  readonly external_web_access: boolean;
  readonly search_content_types?: readonly string[];
}

export type OpenaiResponsesRequest = Without<ResponseCreateParams, 'input' | 'tools'> & {
  readonly input?: string | readonly (ResponseInputItem | UnstoredTurn | NumberedTurn | SealedReasoning)[];
  readonly tools?: readonly (Tool | PlainFunction | CodexSearch)[];
  /** What Codex tells of itself (openai/codex 0.169, seen 2026-11-29). */
  readonly client_metadata?: Readonly<Record<string, string>>;
};
/** The SDK adds `output_text` itself. */
export type OpenaiResponsesAnswer = Omit<Response, 'output_text' | 'usage'> & {
  /** Null until the end (platform.openai.com, streaming events, 2026-11-29). */
  readonly usage?: ResponseUsage | null;
};
export type OpenaiResponsesEvent = WithAnswer<ResponseStreamEvent>;

type WithAnswer<Event> = Event extends { readonly response: Response }
  ? Omit<Event, 'response'> & { readonly response: OpenaiResponsesAnswer }
  : Event;

/** What servers of OpenAI's form add to an assistant's turn: DeepSeek, vLLM (`reasoning_content`), OpenRouter (`reasoning`). */
interface Thoughts {
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_details?: readonly unknown[];
}

/** Google's compatibility address keeps the signature of a call beside it (ai.google.dev, thought signatures, 2026-11-29). */
interface SignedCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
  readonly extra_content?: { readonly google?: { readonly thought_signature?: string } };
}

type ThinkingTurn = Omit<ChatCompletionAssistantMessageParam, 'tool_calls'> &
  Thoughts & { readonly tool_calls?: readonly SignedCall[]; readonly extra_content?: unknown };

/** A mark of Anthropic's on a part, which OpenRouter and LiteLLM pass on (openrouter.ai, prompt caching, 2026-11-29). */
type MarkedText = ChatCompletionContentPartText & { readonly cache_control?: { readonly type: 'ephemeral' } };

/** OpenAI's form at another vendor: its turns carry thoughts, and its servers have switches of their own. */
export type CompatibleChatRequest = Without<ChatCompletionCreateParams, 'messages'> & {
  readonly messages: readonly (ChatCompletionMessageParam | ThinkingTurn | MarkedTurn | NamedResult)[];
  /** DeepSeek, GLM, Kimi (api-docs.deepseek.com, thinking mode, 2026-11-29). */
  readonly thinking?: { readonly type: 'enabled' | 'disabled' };
  /** OpenRouter (openrouter.ai, reasoning tokens, 2026-11-29). */
  readonly reasoning?: { readonly effort?: string; readonly max_tokens?: number; readonly enabled?: boolean };
};

/** A tool's name beside its result, as LangChain writes it and every vendor of the form takes it (@langchain/openai 1.6.0, 2026-11-29). */
interface NamedResult extends ChatCompletionToolMessageParam {
  readonly name?: string;
}

interface MarkedTurn {
  readonly role: 'system' | 'user' | 'tool';
  readonly tool_call_id?: string;
  readonly content: readonly MarkedText[];
}

/** Google's parser takes names of types in small letters, too, as LangChain's client writes them (@langchain/google-genai 2.3.2, 2026-11-29). */
interface SpelledSchema extends Omit<Schema, 'type' | 'properties' | 'items' | 'anyOf'> {
  readonly type?: Schema['type'] | 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null';
  readonly properties?: Readonly<Record<string, SpelledSchema>>;
  readonly items?: SpelledSchema;
  readonly anyOf?: readonly SpelledSchema[];
}

interface SpelledFunction extends Omit<FunctionDeclaration, 'parameters' | 'response'> {
  readonly parameters?: SpelledSchema;
  readonly response?: SpelledSchema;
}

interface SpelledTool extends Omit<GoogleTool, 'functionDeclarations'> {
  readonly functionDeclarations?: readonly SpelledFunction[];
}

/** Google's SDK types the parts of a body and builds the rest (ai.google.dev/api/generate-content, 2026-11-29). */
export interface GoogleRequest {
  readonly contents: readonly Content[];
  readonly systemInstruction?: Content;
  readonly tools?: readonly SpelledTool[];
  readonly toolConfig?: ToolConfig;
  readonly safetySettings?: readonly SafetySetting[];
  readonly generationConfig?: GenerationConfig;
  readonly cachedContent?: string;
  readonly serviceTier?: string;
  readonly store?: boolean;
}

/** A whole answer, and each event of a stream; the SDK's class adds what it reads from one. */
export interface GeminiAnswer extends Pick<GenerateContentResponse, 'createTime' | 'modelVersion' | 'responseId'> {
  readonly candidates?: readonly Candidate[];
  readonly promptFeedback?: GenerateContentResponsePromptFeedback;
  readonly usageMetadata?: GenerateContentResponseUsageMetadata;
}

/* What is beside model calls. */

export type OpenaiEmbeddingRequest = EmbeddingCreateParams;
export type OpenaiModerationRequest = ModerationCreateParams;
export type OpenaiImageRequest = ImageGenerateParams;
export type OpenaiSpeechRequest = SpeechCreateParams;
export type OpenaiCompletionRequest = CompletionCreateParams;
export type OpenaiBatchRequest = BatchCreateParams;
export type OpenaiCompactRequest = ResponseCompactParams;

export interface ClaudeBatchRequest {
  readonly requests: readonly { readonly custom_id: string; readonly params: ClaudeRequest }[];
}

/** Google's SDK sends one text as a batch of one (@google/genai 3.3, seen 2026-11-29). */
export interface GoogleEmbedRequest {
  readonly requests: readonly {
    readonly model: string;
    readonly content: Content;
    readonly taskType?: string;
    readonly title?: string;
    readonly outputDimensionality?: number;
  }[];
}

/** cohere.com, jina.ai and vLLM, rerank, 2026-11-29: no SDK of ours has a type for it. */
export interface RerankRequest {
  readonly model: string;
  readonly query: string;
  readonly documents: readonly (string | { readonly text: string })[];
  readonly top_n?: number;
  readonly return_documents?: boolean;
}
