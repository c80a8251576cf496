import type { CallRequest } from '../domain/call.ts';
import type { JsonObject } from '../domain/json.ts';
import {
  type AssistantPart,
  type Message,
  type ThinkingPart,
  type ToolCallPart,
  type ToolSpec,
  userMessage,
} from '../domain/transcript.ts';
import type { Usage } from '../domain/usage.ts';
import { modelId } from './model-builders.ts';

export function aUserMessage(text: string): Message {
  return userMessage(text);
}

export function aSystemMessage(text: string): Message {
  return { role: 'system', content: [{ type: 'text', text }] };
}

/** Strings become text parts. */
export function anAssistantMessage(...parts: readonly (string | AssistantPart)[]): Message {
  return {
    role: 'assistant',
    content: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
  };
}

export function aThinking(text: string, issued?: ThinkingPart['issued']): ThinkingPart {
  return issued === undefined ? { type: 'thinking', text } : { type: 'thinking', text, issued };
}

export function aToolCall(toolName: string, input: JsonObject = {}, toolCallId = 'call_1'): ToolCallPart {
  return { type: 'tool-call', toolCallId, toolName, input };
}

/** The user message that answers one tool call. */
export function aToolResult(
  toolName: string,
  text: string,
  options: { readonly toolCallId?: string; readonly isError?: boolean } = {},
): Message {
  return {
    role: 'user',
    content: [
      {
        type: 'tool-result',
        toolCallId: options.toolCallId ?? 'call_1',
        toolName,
        content: [{ type: 'text', text }],
        isError: options.isError ?? false,
      },
    ],
  };
}

/** A tool that takes one string, `path`. */
export function aTool(name = 'read_file', overrides: Partial<ToolSpec> = {}): ToolSpec {
  return {
    name,
    description: `Runs ${name}.`,
    inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
    ...overrides,
  };
}

/** A short exchange in which the assistant has used one tool and has answered. */
export function aTranscript(): readonly Message[] {
  return [
    aUserMessage('What is in notes.txt?'),
    anAssistantMessage('I will look.', aToolCall('read_file', { path: 'notes.txt' })),
    aToolResult('read_file', 'Buy milk.'),
    anAssistantMessage('A shopping list: milk.'),
  ];
}

/** One question to `claude-test`, without tools or markers. */
export function aCallRequest(overrides: Partial<CallRequest> = {}): CallRequest {
  return {
    model: modelId('claude-test'),
    system: 'You are a careful engineer.',
    tools: [],
    messages: [aUserMessage('Say hello.')],
    maxOutputTokens: 1024,
    cacheKey: 'session-1',
    cacheMarkers: [],
    ...overrides,
  };
}

/** A call of 1,000 uncached and 100 output tokens that reported no cache use. */
export function aUsage(overrides: Partial<Usage> = {}): Usage {
  return {
    uncachedTokens: 1000,
    cacheReadTokens: undefined,
    cacheWriteTokens: undefined,
    cacheWrite1hTokens: undefined,
    outputTokens: 100,
    reasoningTokens: undefined,
    ...overrides,
  };
}
