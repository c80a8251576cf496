import { createHash } from 'node:crypto';
import type { FinishReason } from '../../domain/call.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Wire } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import type { ReadRequest } from './read-parts.ts';
import { pickTool, type ScriptedWords } from './script.ts';
import type { CacheUse } from './simulated-cache.ts';

/** The words of one answer with everything that a vendor adds to them. */
export interface Answer {
  readonly servedModel: string;
  /** `undefined`: the request asked for no tier. */
  readonly servedTier: string | undefined;
  /** Stable for the same request: a client that is resumed sees the same ids. */
  readonly seed: string;
  readonly thinking: string;
  readonly text: string;
  readonly toolCalls: readonly {
    readonly id: string;
    readonly name: string;
    readonly namespace: string | undefined;
    readonly input: JsonObject;
  }[];
  readonly finish: FinishReason;
  readonly cache: CacheUse;
  readonly outputTokens: Tokens;
  readonly thinkingTokens: Tokens;
  readonly createdAtSeconds: number;
}

/** A response in both forms: the frames of its event stream, and one JSON body. */
export interface WireAnswer {
  readonly frames: readonly string[];
  readonly body: unknown;
}

const TOOL_ID_HEAD: Readonly<Record<Wire, string>> = {
  'anthropic-messages': 'toolu_',
  'openai-chat': 'call_',
  'openai-responses': 'call_',
  'gemini-generate-content': 'fc_',
  'bedrock-converse': 'tooluse_',
};

export function toAnswer(words: ScriptedWords, request: ReadRequest, cache: CacheUse, nowMs: number): Answer {
  const seed = digest(request.model, JSON.stringify(request.blocks), String(request.messages.length));
  const toolCalls = (words.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `${TOOL_ID_HEAD[request.wire]}${digest(seed, String(index)).slice(0, 22)}`,
    name: call.namespace === undefined ? pickTool(call.name, request.tools) : call.name,
    namespace: call.namespace,
    input: call.input ?? {},
  }));
  const thinkingTokens = estimateTokens(words.thinking ?? '');
  const wordTokens = estimateTokens(
    (words.text ?? '') + toolCalls.map((call) => JSON.stringify(call.input) + call.name).join(''),
  );
  return {
    servedModel: words.servedModel ?? request.model,
    servedTier: servedTierOf(words, request),
    seed,
    thinking: words.thinking ?? '',
    text: words.text ?? '',
    toolCalls,
    finish: words.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'),
    cache,
    outputTokens: words.outputTokens ?? thinkingTokens + wordTokens,
    thinkingTokens,
    createdAtSeconds: Math.floor(nowMs / 1000),
  };
}

function servedTierOf({ servedTier }: ScriptedWords, { body }: ReadRequest): string | undefined {
  const asked = body['service_tier'] ?? body['serviceTier'];
  if (servedTier !== undefined || typeof asked !== 'string') return servedTier;
  return asked === 'auto' || asked === 'standard_only' ? 'default' : asked;
}

/** Letters and digits that depend on every argument. */
function digest(...texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex');
}

/** What only this model can have written about this thought: stands for a vendor's signature or ciphertext. */
export function sealThinking(model: string, thinking: string): string {
  return Buffer.from(`scripted:${digest(model, thinking)}`).toString('base64');
}

const CHUNK_LENGTH = 24;

/** The text in pieces, as a model streams it. */
export function chunksOf(text: string): readonly string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += CHUNK_LENGTH) chunks.push(text.slice(at, at + CHUNK_LENGTH));
  return chunks;
}

/** One server-sent event. Chat Completions names none. */
export function frame(data: unknown, event?: string): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
