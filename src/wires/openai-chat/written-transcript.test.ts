import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CacheMarker, CallRequest } from '../../domain/call.ts';
import type { Message } from '../../domain/transcript.ts';
import {
  aCallRequest,
  aGptModel,
  aSystemMessage,
  aThinking,
  aToolCall,
  aToolResult,
  aUserMessage,
  anAssistantMessage,
  anAutomaticCache,
  anExplicitCache,
} from '../../testing/index.ts';
import type { Dialect } from '../shared/endpoint-config.ts';
import { encodeChat } from './chat-request-codec.ts';

const LONG = 'word '.repeat(2000);
const DIALECTS: readonly Dialect[] = ['openai', 'generic', 'openrouter', 'deepseek', 'google', 'mistral'];
const MODELS = [
  aGptModel({ wire: 'openai-chat' }),
  aGptModel({ wire: 'openai-chat', cacheRule: anExplicitCache() }),
  aGptModel({
    wire: 'openai-chat',
    cacheRule: anAutomaticCache({ exactBreakpoint: true, maxMarkers: 4, granularityTokens: 1 }),
  }),
];

const words = fc.oneof(fc.string({ maxLength: 6 }), fc.constant(LONG));
const callId = fc.constantFrom('call_1', 'call_2', 'an id with a space');

/** Every kind that is written in a way of its own, or together with what stands before it. */
const message: fc.Arbitrary<Message> = fc.oneof(
  words.map((text) => aUserMessage(text)),
  words.map((text) => anAssistantMessage(text)),
  words.map((text) => aSystemMessage(text)),
  words.map((text) => anAssistantMessage(aThinking(text))),
  callId.map((id) => anAssistantMessage(aToolCall('read_file', { path: id }, id))),
  fc
    .tuple(words, callId, fc.boolean())
    .map(([text, toolCallId, isError]) => aToolResult('read_file', text, { toolCallId, isError })),
);

interface Change {
  readonly act: string;
  readonly at: number;
  readonly message: Message;
  readonly markedAt: number | undefined;
}

const change: fc.Arbitrary<Change> = fc.record({
  act: fc.constantFrom('append', 'append', 'append', 'edit', 'insert', 'cut', 'again'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  message,
  markedAt: fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { nil: undefined }),
});

function changed(messages: readonly Message[], { act, at, message: next }: Change): readonly Message[] {
  const place = 1 + Math.floor(at * Math.max(0, messages.length - 1));
  if (act === 'append') return [...messages, next];
  if (act === 'edit') return [...messages.slice(0, place), next, ...messages.slice(place + 1)];
  if (act === 'insert') return [...messages.slice(0, place), next, ...messages.slice(place)];
  if (act === 'cut') return messages.slice(0, place + 1);
  // What is read anew with each call is another object that says the same.
  return messages.map(
    (one, index) => (index === place ? { ...one, content: one.content.map((part) => ({ ...part })) } : one) as Message,
  );
}

function markersAt(messages: readonly Message[], markedAt: number | undefined): readonly CacheMarker[] {
  if (markedAt === undefined) return [];
  return [{ messageIndex: Math.floor(markedAt * messages.length), ttl: 'default', purpose: 'newest' }];
}

describe('a transcript that was written before', () => {
  test('is written as it would be by itself, however it goes on and for whom', () => {
    const start = fc.array(message, { minLength: 10, maxLength: 14 });
    const property = fc.property(
      start,
      fc.array(change, { minLength: 1, maxLength: 10 }),
      fc.array(fc.tuple(fc.constantFrom(...MODELS), fc.constantFrom(...DIALECTS)), { minLength: 1, maxLength: 2 }),
      (opening, changes, targets) => {
        let messages: readonly Message[] = [aUserMessage('begin'), ...opening];
        for (const [turn, one] of changes.entries()) {
          messages = changed(messages, one);
          const [model, dialect] = targets[turn % targets.length] ?? [MODELS[0] ?? aGptModel(), 'generic'];
          const request: CallRequest = aCallRequest({ messages, cacheMarkers: markersAt(messages, one.markedAt) });
          const alone = encodeChat(model, structuredClone(request), dialect);
          const { body, losses } = encodeChat(model, request, dialect);
          expect(JSON.stringify(body)).toBe(JSON.stringify(alone.body));
          expect(losses).toEqual(alone.losses);
        }
      },
    );
    fc.assert(property);
  });

  test('has the very messages that were written for it', () => {
    const [model] = MODELS;
    if (model === undefined) throw new Error('No model');
    const messages = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0 ? aUserMessage(`${n} ${LONG}`) : anAssistantMessage(`answer ${n}`),
    );
    const first = encodeChat(model, aCallRequest({ messages }), 'generic').body.messages;
    const grown = [...messages, aUserMessage('more')];
    const second = encodeChat(model, aCallRequest({ messages: grown }), 'generic').body.messages;
    const shared = first.filter((one, index) => second[index] === one);
    expect(shared.length).toBeGreaterThanOrEqual(19);
  });
});
