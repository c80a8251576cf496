import { describe, expect, test } from 'vitest';
import { CHAT, CLAUDE, GPT } from '../testing/internal/gateway-kit.ts';
import { createAnthropicDecoder } from './anthropic-messages/anthropic-stream-codec.ts';
import { createChatDecoder } from './openai-chat/chat-stream-codec.ts';
import { createResponsesDecoder } from './openai-responses/responses-stream-codec.ts';
import type { CodecPart, StreamDecoder } from './shared/stream-decoder.ts';

/** What a caller's stream would carry: text, thoughts, the arguments as streamed, and how it ended. */
function reported(decoder: StreamDecoder, events: readonly unknown[]): object {
  const parts: CodecPart[] = events.flatMap((event) => decoder.push(event));
  if (parts.at(-1)?.type !== 'finish' && parts.at(-1)?.type !== 'error') parts.push(...decoder.end());
  const join = (type: string, key: string): string =>
    parts
      .flatMap((part) => (part.type === type ? [String((part as unknown as Record<string, unknown>)[key])] : []))
      .join('');
  const inputs = parts.flatMap((part) => (part.type === 'tool-call-end' ? [part.input] : []));
  const last = parts.at(-1);
  return {
    text: join('text-delta', 'text'),
    thought: join('thinking-delta', 'text'),
    streamed: join('tool-call-delta', 'inputJson'),
    inputs,
    end: last?.type === 'finish' ? last.reason : last?.type === 'error' ? last.error.code : last?.type,
  };
}

const chat = (delta: object, finish: string | null = null): object => ({
  id: 'c',
  model: 'w',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const tool = (fields: object): object => chat({ tool_calls: [fields] });

describe('Chat Completions', () => {
  test.each([
    [
      'no number',
      [
        tool({ id: 'a', function: { name: 'f', arguments: '' } }),
        tool({ function: { arguments: '{"a":' } }),
        tool({ function: { arguments: '7}' } }),
      ],
      [{ a: 7 }],
      '{"a":7}',
    ],
    [
      'their name behind them',
      [
        tool({ index: 0, function: { arguments: '{"a":' } }),
        tool({ index: 0, id: 'a', function: { name: 'f', arguments: '7}' } }),
      ],
      [{ a: 7 }],
      '{"a":7}',
    ],
    ['null', [tool({ index: 0, id: 'a', function: { name: 'f', arguments: 'null' } })], [{}], ''],
    ['an object', [tool({ index: 0, id: 'a', function: { name: 'f', arguments: { a: 7 } } })], [{ a: 7 }], '{"a":7}'],
    ['the older form', [chat({ function_call: { name: 'f', arguments: '{"a":7}' } })], [{ a: 7 }], '{"a":7}'],
  ])('arguments with %s arrive', (_name, events, inputs, streamed) => {
    expect(reported(createChatDecoder(CHAT), [...events, chat({}, 'tool_calls')])).toMatchObject({
      inputs,
      streamed,
      end: 'tool-calls',
    });
  });

  test('content may be a list of thoughts and texts', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'hello' },
    ];
    expect(reported(createChatDecoder(CHAT), [chat({ content }), chat({}, 'stop')])).toMatchObject({
      text: 'hello',
      thought: 'hm',
      end: 'stop',
    });
  });

  test.each([
    ['insufficient_system_resource', 'provider-unavailable'],
    ['network_error', 'provider-unavailable'],
    ['error', 'provider-unavailable'],
    ['MAX_TOKENS', 'length'],
    ['sensitive', 'content-filter'],
    ['something new', 'other'],
  ])('the end %s is %s', (finish, end) => {
    expect(reported(createChatDecoder(CHAT), [chat({ content: 'x' }), chat({}, finish)])).toMatchObject({
      text: 'x',
      end,
    });
  });
});

test('Responses: arguments and text that only the closing events hold arrive', () => {
  const events = [
    { type: 'response.created', response: { id: 'r', model: 'w' } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { type: 'function_call', call_id: 'a', name: 'f', arguments: '' },
    },
    { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"a":7}' },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { type: 'function_call', call_id: 'a', name: 'f', arguments: '{"a":7}' },
    },
    { type: 'response.output_item.added', output_index: 1, item: { type: 'message' } },
    { type: 'response.output_text.done', output_index: 1, text: 'hello' },
    { type: 'response.output_item.done', output_index: 1, item: { type: 'message' } },
    { type: 'response.completed', response: { id: 'r', usage: { input_tokens: 'many' } } },
  ];
  expect(reported(createResponsesDecoder(GPT), events)).toMatchObject({
    text: 'hello',
    streamed: '{"a":7}',
    inputs: [{ a: 7 }],
    end: 'tool-calls',
  });
});

test('Messages: input that stands where the block begins arrives', () => {
  const events = [
    { type: 'message_start', message: { id: 'm', model: 'w', usage: {} } },
    { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a', name: 'f', input: { a: 7 } } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } },
    { type: 'message_stop' },
  ];
  expect(reported(createAnthropicDecoder(CLAUDE), events)).toMatchObject({
    streamed: '{"a":7}',
    inputs: [{ a: 7 }],
    end: 'tool-calls',
  });
});
