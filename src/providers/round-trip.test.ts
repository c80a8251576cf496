import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallRequest } from '../domain/call.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Model } from '../domain/model.ts';
import type { Message } from '../domain/transcript.ts';
import { aCallRequest, aGptModel, aModel } from '../testing/index.ts';
import { encodeAnthropic } from '../wires/anthropic-messages/anthropic-request-codec.ts';
import { encodeChat } from '../wires/openai-chat/chat-request-codec.ts';
import { encodeResponses } from '../wires/openai-responses/responses-request-codec.ts';
import type { ReadRequest } from './scripted/read-parts.ts';
import { readRequest } from './scripted/read-request.ts';
import { vendorObjection } from './scripted/vendor-checks.ts';

const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => text.trim() !== '');
const name = fc.stringMatching(/^[a-z_]{1,20}$/u);
const input = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/u), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
  noNullPrototype: true,
});
const IMAGE = { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: 'AAEC' } } as const;

interface Exchange {
  readonly question: string;
  readonly withImage: boolean;
  readonly said: string | undefined;
  readonly calls: readonly {
    readonly name: string;
    readonly input: JsonObject;
    readonly result: string;
    readonly isError: boolean;
  }[];
  readonly answer: string;
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  question: word,
  withImage: fc.boolean(),
  said: fc.option(word, { nil: undefined }),
  calls: fc.array(fc.record({ name, input, result: word, isError: fc.boolean() }), {
    maxLength: 3,
  }),
  answer: word,
});

/** A question, perhaps some tool calls with their results, and an answer. */
function toMessages(exchanges: readonly Exchange[]): readonly Message[] {
  return exchanges.flatMap((one, turn): readonly Message[] => {
    const text = { type: 'text', text: one.question } as const;
    const ids = one.calls.map((_, index) => `call_${turn}_${index}`);
    const calls = one.calls.map(
      (call, index) =>
        ({ type: 'tool-call', toolCallId: ids[index] ?? '', toolName: call.name, input: call.input }) as const,
    );
    const results = one.calls.map((call, index) => ({
      type: 'tool-result' as const,
      toolCallId: ids[index] ?? '',
      toolName: call.name,
      content: [{ type: 'text' as const, text: call.result }],
      isError: call.isError,
    }));
    const said = one.said === undefined ? [] : [{ type: 'text', text: one.said } as const];
    const loop: readonly Message[] =
      calls.length === 0
        ? []
        : [
            { role: 'assistant', content: [...said, ...calls] },
            { role: 'user', content: results },
          ];
    return [
      { role: 'user', content: one.withImage ? [text, IMAGE] : [text] },
      ...loop,
      { role: 'assistant', content: [{ type: 'text', text: one.answer }] },
    ];
  });
}

const request: fc.Arbitrary<CallRequest> = fc
  .record({
    system: fc.option(word, { nil: '' }),
    tools: fc.uniqueArray(
      fc.record({ name, description: word, inputSchema: fc.constant({ type: 'object', properties: {} }) }),
      { selector: (tool) => tool.name, maxLength: 3 },
    ),
    messages: fc.array(exchange, { minLength: 1, maxLength: 4 }).map(toMessages),
    // Models that take no less than sixteen get sixteen: vendor-rules.test.ts holds that.
    maxOutputTokens: fc.integer({ min: 16, max: 4000 }),
    marker: fc.nat({ max: 12 }),
  })
  .map(({ system, tools, messages, maxOutputTokens, marker }) =>
    aCallRequest({
      system: system === '' ? '' : system.repeat(1200),
      tools,
      messages,
      maxOutputTokens,
      effort: 'high',
      cacheMarkers: [
        { messageIndex: messages.length - 1, ttl: 'default', purpose: 'newest' },
        { messageIndex: marker, ttl: '1h', purpose: 'reanchor' },
      ],
    }),
  );

const wires: readonly (readonly [string, (request: CallRequest) => ReadRequest])[] = [
  ['Anthropic Messages', (one) => readRequest('anthropic-messages', encodeAnthropic(aModel(), one).body)],
  ['Responses', (one) => readRequest('openai-responses', encodeResponses(aGptModel(), one, 'openai').body)],
  ['Chat Completions of OpenAI', (one) => readRequest('openai-chat', encodeChat(chatModel(), one, 'openai').body)],
  [
    'Chat Completions of a local server',
    (one) => readRequest('openai-chat', encodeChat(chatModel(), one, 'generic').body),
  ],
];

function chatModel(): Model {
  return aGptModel({ wire: 'openai-chat' });
}

describe.each(wires)('a call written as %s', (_name, roundTrip) => {
  test('says to the model everything that the call says', () => {
    fc.assert(
      fc.property(request, (sent) => {
        const received = roundTrip(sent);
        expect(received.system).toBe(sent.system);
        expect(received.tools).toEqual(sent.tools);
        expect(received.messages).toEqual(sent.messages);
        expect(received.maxOutputTokens).toBe(sent.maxOutputTokens);
        expect(received.effort).toBe('high');
      }),
      { numRuns: 60 },
    );
  });

  test('is one that the vendor takes', () => {
    fc.assert(
      fc.property(request, (sent) => {
        expect(vendorObjection(roundTrip(sent))).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});
