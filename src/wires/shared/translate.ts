import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import type { TextPart, IssuedState, ToolResultPart, UserPart } from '../../domain/transcript.ts';
import { mapName, type NameRule } from './tool-ids.ts';

/**
 * Whether vendor-bound state may be sent: only to the model that issued it, byte for byte. Another model of the same
 * vendor may refuse it, and its cache is cold anyway.
 */
export function mayReceive(model: Model, issued: IssuedState): boolean {
  return issued.by === model.id;
}

/** How a system message in mid-conversation is said to an endpoint that has no such role. */
export function asReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}

/** How a failed tool is said on a wire without a flag for it. */
export const ERROR_PREFIX = '[tool error] ';

/** The system prompt with the schema as a sentence, for models without structured output. */
export function withSchemaText(request: CallRequest): string {
  if (request.responseSchema === undefined) return request.system;
  const schema = JSON.stringify(request.responseSchema.schema);
  const sentence = `Answer with one JSON value and nothing else. It must satisfy this JSON Schema:\n${schema}`;
  return request.system === '' ? sentence : `${request.system}\n\n${sentence}`;
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
