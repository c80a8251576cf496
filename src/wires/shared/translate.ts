import type { CallRequest } from '../../domain/call.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import type { TextPart, IssuedState, ToolResultPart, UserPart } from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { mapName, type NameRule } from './tool-ids.ts';

/**
 * Whether vendor-bound state may be sent: only to the model that issued it, byte for byte. Another model of the same
 * vendor may refuse it, and its cache is cold anyway.
 */
export function mayReceive(model: Model, issued: IssuedState): boolean {
  return issued.by === modelIdentity(model);
}

/** How a system message in mid-conversation is said to an endpoint that has no such role. */
export function asReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}

/** What a user says before a transcript that the model began, where vendors want one to begin. */
export const OPENED_BY_MODEL = 'The conversation begins with the turn of the assistant.';

/** How a failed tool is said on a wire without a flag for it. */
export const ERROR_PREFIX = '[tool error] ';

/** The system prompt with the answer's form in words: its schema where `asText`, else that it is one JSON object. */
export function withSchemaText(request: CallRequest, asText: boolean): string {
  const sentence = formInWords(request, asText);
  if (sentence === undefined) return request.system;
  return request.system === '' ? sentence : `${request.system}\n\n${sentence}`;
}

function formInWords({ responseSchema, isJsonAnswer }: CallRequest, asText: boolean): string | undefined {
  if (responseSchema !== undefined && asText) {
    return `Answer with one JSON value and nothing else. It must satisfy this JSON Schema:\n${JSON.stringify(responseSchema.schema)}`;
  }
  return isJsonAnswer === true && asText ? 'Answer with one JSON object and nothing else.' : undefined;
}

/** The limit of the answer to send, and what it cuts; `undefined` tokens: the caller set none. */
export function outputLimit(
  model: Model,
  request: CallRequest,
): { readonly tokens: Tokens | undefined; readonly losses: readonly TranslationLoss[] } {
  const asked = request.maxOutputTokens;
  if (asked === undefined) return { tokens: undefined, losses: [] };
  const tokens = Math.max(Math.min(asked, model.maxOutputTokens), model.requestLimits?.minOutputTokens ?? 0);
  const isCut = tokens < asked;
  return { tokens, losses: isCut ? [{ kind: 'output-capped', fromTokens: asked, toTokens: tokens }] : [] };
}

/** Names of the offered tools as the endpoint accepts them, and back. */
export function toolNameMaps(
  rule: NameRule,
  request: CallRequest,
): { readonly toWire: (name: string) => string; readonly fromWire: ReadonlyMap<string, string> } {
  const fromWire = new Map<string, string>();
  for (const tool of request.tools) {
    const wire = mapName(rule, tool.name);
    if (wire !== tool.name) fromWire.set(wire, tool.name);
  }
  return { toWire: (name) => mapName(rule, name), fromWire };
}

/** Tool results first, then the rest, each in order: every wire wants results right behind their calls. */
export function splitUserParts(parts: readonly UserPart[]): {
  readonly results: readonly ToolResultPart[];
  readonly others: readonly Exclude<UserPart, ToolResultPart>[];
} {
  return {
    results: parts.filter((part) => part.type === 'tool-result'),
    others: parts.filter((part) => part.type !== 'tool-result'),
  };
}

/** What stands in for media that a wire cannot carry. */
export function mediaNote(mediaType: string): TextPart {
  return { type: 'text', text: `[${mediaType} left out: this model's interface cannot carry it]` };
}
