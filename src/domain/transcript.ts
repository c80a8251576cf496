import type { ModelId } from './ids.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Effort } from './step.ts';
import type { Tokens } from './time.ts';

/** The transcript in no vendor's form. Codecs translate it; what only one vendor understands travels in `issued`. */
export type Message =
  | { readonly role: 'system'; readonly content: readonly TextPart[] }
  | { readonly role: 'user'; readonly content: readonly UserPart[]; readonly effort?: MessageEffort }
  | { readonly role: 'assistant'; readonly content: readonly AssistantPart[]; readonly model?: ModelId };

/** The effort from this message on; `usual`: what the call itself asks for again. */
export type MessageEffort = Effort | 'usual';

export type UserPart = TextPart | ImagePart | ToolResultPart;
export type AssistantPart = TextPart | ThinkingPart | ToolCallPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** An image or document, base64 or by URL. */
export interface ImagePart {
  readonly type: 'image';
  readonly mediaType: string;
  readonly source: { readonly kind: 'base64'; readonly data: string } | { readonly kind: 'url'; readonly url: string };
}

/**
 * What a model thought. `issued` holds the vendor's own bytes (signature, encrypted reasoning, redacted data), which
 * only the endpoint that made them accepts, byte for byte.
 */
export interface ThinkingPart {
  readonly type: 'thinking';
  readonly text: string;
  readonly issued?: IssuedState;
}

/** Vendor-bound state: who made it, and its exact wire form. */
export interface IssuedState {
  readonly by: ModelId;
  readonly wire: JsonValue;
}

export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: JsonObject;
  readonly issued?: IssuedState;
}

export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly content: readonly (TextPart | ImagePart)[];
  readonly isError: boolean;
}

/** A tool as offered to a model. `inputSchema` is JSON Schema. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  /** Its caller wants the schema enforced, where the vendor can. */
  readonly strict?: true;
}

/** All text of a message, thinking left out, parts joined by newlines. */
export function messageText(message: Message): string {
  const texts: string[] = [];
  for (const part of message.content) {
    if (part.type === 'text') texts.push(part.text);
    else if (part.type === 'tool-result') {
      for (const inner of part.content) if (inner.type === 'text') texts.push(inner.text);
    }
  }
  return texts.join('\n');
}

export function userMessage(text: string): Extract<Message, { role: 'user' }> {
  return { role: 'user', content: [{ type: 'text', text }] };
}

/** About four characters to a token: close enough to plan with and to tell prefixes apart in length; billing uses observed counts. */
export const CHARS_PER_TOKEN = 4;

/** Never a tokenizer on somebody else's text. */
export function estimateTokens(text: string): Tokens {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** What a transcript said last of the effort; `undefined`: nothing. */
export function saidEffort(messages: readonly Message[]): MessageEffort | undefined {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message?.role === 'user' && message.effort !== undefined) return message.effort;
  }
  return undefined;
}

/** Whether a message is a user's and brings more than results of tools. */
export function bringsWords(message: Message): message is Extract<Message, { role: 'user' }> {
  return message.role === 'user' && message.content.some((part) => part.type !== 'tool-result');
}
