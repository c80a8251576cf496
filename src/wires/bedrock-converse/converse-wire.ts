import type { JsonObject } from '../../domain/json.ts';

/**
 * Amazon Bedrock's Converse, as far as pointsman writes it, in the wire's own spelling; bytes are base64. Amazon Bedrock API
 * reference, Converse and ConverseStream, read 2026-11.
 */
export interface ConverseRequest {
  readonly messages: readonly ConverseMessage[];
  readonly system?: readonly ConverseSystemBlock[];
  readonly inferenceConfig?: ConverseInference;
  readonly toolConfig?: { readonly tools: readonly ConverseTool[]; readonly toolChoice?: ConverseToolChoice };
  readonly outputConfig?: {
    readonly effort?: string;
    readonly textFormat?: {
      readonly type: 'json_schema';
      readonly structure: { readonly jsonSchema: { readonly schema: string; readonly name: string } };
    };
  };
}

export interface ConverseMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly ConverseBlock[];
}

export interface ConverseInference {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stopSequences?: readonly string[];
}

export interface ConverseCachePoint {
  readonly cachePoint: { readonly type: 'default'; readonly ttl?: '1h' };
}

export interface ConverseText {
  readonly text: string;
}

export interface ConverseMediaSource {
  readonly format: string;
  readonly source: { readonly bytes: string };
}

export type ConverseMedia =
  | { readonly image: ConverseMediaSource }
  | { readonly video: ConverseMediaSource }
  | { readonly audio: ConverseMediaSource }
  | { readonly document: ConverseMediaSource & { readonly name: string } };

export interface ConverseToolResult {
  readonly toolResult: {
    readonly toolUseId: string;
    readonly content: readonly (ConverseText | ConverseMedia)[];
    readonly status?: 'error';
  };
}

export type ConverseSystemBlock = ConverseText | ConverseCachePoint;

export type ConverseBlock =
  | ConverseText
  | ConverseMedia
  | ConverseCachePoint
  | ConverseToolResult
  | { readonly toolUse: { readonly toolUseId: string; readonly name: string; readonly input: JsonObject } }
  | { readonly reasoningContent: JsonObject };

export type ConverseTool =
  | ConverseCachePoint
  | {
      readonly toolSpec: {
        readonly name: string;
        readonly description?: string;
        readonly inputSchema: { readonly json: JsonObject };
      };
    };

export type ConverseToolChoice =
  | { readonly any: Readonly<Record<string, never>> }
  | { readonly tool: { readonly name: string } };
