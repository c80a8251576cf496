import type { PointsmanError } from './errors.ts';
import type { EndpointId, ModelId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Effort } from './step.ts';
import type { Ms, Tokens } from './time.ts';
import type { Message, IssuedState, ToolSpec } from './transcript.ts';
import type { TranslationLoss } from './translation-loss.ts';
import type { Usage } from './usage.ts';

/** One model API request in no vendor's form. */
export interface CallRequest {
  readonly model: ModelId;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
  /** Absent: as much as the model writes; sent only where the format demands a limit. */
  readonly maxOutputTokens?: Tokens;
  readonly effort?: Effort;
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly tool: string };
  /** JSON Schema that the answer's text must satisfy, where the model offers structured output. */
  readonly responseSchema?: ResponseSchema;
  /** The answer's text is one JSON object of any shape. */
  readonly isJsonAnswer?: true;
  /** How much the answer should say, where the model offers it. */
  readonly verbosity?: Verbosity;
  /** Fields that only OpenAI's two formats have, alike in both; for nobody else. */
  readonly openaiFields?: JsonObject;
  /** Keeps calls with one prefix on one cache: the session and thread, never a user's name. */
  readonly cacheKey: string;
  /**
   * Where cache markers go: indexes into `messages` after whose last part the prefix ends. Codecs add the marker on
   * system and tools themselves and keep within the vendor's limit; the newest position wins a conflict but one.
   */
  readonly cacheMarkers: readonly CacheMarker[];
}

export interface ResponseSchema {
  readonly name: string;
  readonly schema: JsonObject;
  /** What the caller says of strictness; absent: strict where the schema allows it. */
  readonly strict?: boolean;
}

export const VERBOSITIES = ['low', 'medium', 'high'] as const;
export type Verbosity = (typeof VERBOSITIES)[number];

export interface CacheMarker {
  readonly messageIndex: number;
  readonly ttl: 'default' | '1h';
  /** `reanchor`: the last position that this model cached before other models took turns. */
  readonly purpose: 'newest' | 'reanchor';
}

export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'refusal' | 'other';

/**
 * What a provider streams. Ends in exactly one `finish` or `error`; nothing follows. A stream never throws: a failure is
 * its last part. Text of one block arrives between `*-start` and `*-end` of one `index`.
 */
export type StreamPart =
  | {
      readonly type: 'start';
      readonly servedModel: string | undefined;
      readonly requestId: string | undefined;
      /** What the request lost in translation. Absent: the provider does not translate. */
      readonly losses?: readonly TranslationLoss[];
    }
  | { readonly type: 'text-start'; readonly index: number }
  | { readonly type: 'text-delta'; readonly index: number; readonly text: string }
  | { readonly type: 'text-end'; readonly index: number }
  | { readonly type: 'thinking-start'; readonly index: number }
  | { readonly type: 'thinking-delta'; readonly index: number; readonly text: string }
  | { readonly type: 'thinking-end'; readonly index: number; readonly issued?: IssuedState }
  | { readonly type: 'tool-call-start'; readonly index: number; readonly toolCallId: string; readonly toolName: string }
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly inputJson: string }
  | {
      readonly type: 'tool-call-end';
      readonly index: number;
      readonly input: JsonObject;
      readonly issued?: IssuedState;
    }
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly usage: Usage | undefined;
      /** The service tier that answered, as the vendor says it; may differ from the one asked for. Absent: nothing was said. */
      readonly servedTier?: string | undefined;
      readonly ttftMs: Ms;
      readonly durationMs: Ms;
      /** Set by the one place that retries. */
      readonly retryCount?: number;
      readonly lostTryCount?: number;
    }
  | {
      readonly type: 'error';
      readonly error: PointsmanError;
      readonly usage: Usage | undefined;
      readonly retryCount?: number;
      readonly lostTryCount?: number;
    };

/** What a call came to, folded from its stream. */
export interface CallResult {
  readonly message: Extract<Message, { role: 'assistant' }>;
  readonly finishReason: FinishReason;
  /** `undefined`: the provider reported none. */
  readonly usage: Usage | undefined;
  /** Who says it answered, as on the wire; may differ from what was asked for. */
  readonly servedModel: string | undefined;
  readonly servedTier?: string | undefined;
  readonly endpoint: EndpointId;
  readonly requestId: string | undefined;
  readonly ttftMs: Ms;
  readonly durationMs: Ms;
  readonly losses?: readonly TranslationLoss[];
  readonly retryCount?: number;
  /** Of the tries before, those that were cut: their vendor may have billed them. Absent: none. */
  readonly lostTryCount?: number;
}

/** What a harness asks a model for on its own account. `digest`: any other text about the session or a tool's output. */
export const HARNESS_TASKS = ['title', 'topic', 'compaction', 'safety-check', 'probe', 'sub-agent', 'digest'] as const;
export type HarnessTask = (typeof HARNESS_TASKS)[number];

/**
 * Whose call it is. `person`: somebody's words are waiting for an answer; `beside`: the conversation goes on without it. `agent`: it goes on after a tool's result or after
 * its own compaction. `harness`: the program around the agent asks; `declared` where it says so itself, else by its shape.
 */
export type CallOrigin =
  | { readonly by: 'person'; readonly beside?: true }
  | { readonly by: 'agent' }
  | { readonly by: 'harness'; readonly task: HarnessTask; readonly source: 'declared' | 'shape' };
