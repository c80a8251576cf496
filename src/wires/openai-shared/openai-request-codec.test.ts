import { describe, expect, test } from 'vitest';
import type { CallRequest } from '../../domain/call.ts';
import type { Message, ToolResultPart } from '../../domain/transcript.ts';
import {
  aCallRequest,
  aGptModel,
  aSystemMessage,
  aThinking,
  aTool,
  aToolCall,
  aToolResult,
  aUserMessage,
  anAssistantMessage,
  anAutomaticCache,
  anExplicitCache,
} from '../../testing/index.ts';
import { encodeChat } from '../openai-chat/chat-request-codec.ts';
import type { ChatRequest } from '../openai-chat/chat-wire.ts';
import { encodeResponses } from '../openai-responses/responses-request-codec.ts';
import type { Dialect } from '../shared/endpoint-config.ts';
import { isStrictSchema } from './strict-schema.ts';

const long = 'word '.repeat(2000);
const chatModel = aGptModel({ wire: 'openai-chat' });
const breakpoints = anAutomaticCache({ exactBreakpoint: true, maxMarkers: 4, granularityTokens: 1 });

function chat(request: Partial<CallRequest>, dialect: Dialect = 'openai', model = chatModel): ChatRequest {
  return encodeChat(model, aCallRequest(request), dialect).body;
}

describe('dialects of the chat wire', () => {
  test('name the output limit, the effort and the cache key each in their way', () => {
    const request = { effort: 'high', cacheKey: 'session-7' } as const;
    expect(chat(request)).toMatchObject({
      max_completion_tokens: 1024,
      reasoning_effort: 'high',
      prompt_cache_key: 'session-7',
    });
    expect(chat(request, 'openrouter')).toMatchObject({ max_tokens: 1024, reasoning: { effort: 'high' } });
    expect(chat(request, 'generic')).not.toHaveProperty('prompt_cache_key');
    expect(chat(request, 'generic')).not.toHaveProperty('max_completion_tokens');
  });

  test('always ask for the usage of a stream', () => {
    expect(chat({}, 'generic').stream_options).toEqual({ include_usage: true });
  });

  test('keep a later system message where the vendor takes one, and fold it elsewhere', () => {
    const messages = [aUserMessage('a'), anAssistantMessage('b'), aSystemMessage('Rules.'), aUserMessage('c')];
    expect(chat({ messages }).messages.map((message) => message.role)).toEqual([
      'system',
      'user',
      'assistant',
      'system',
      'user',
    ]);
    const folded = encodeChat(chatModel, aCallRequest({ messages }), 'generic');
    expect(folded.body.messages.at(-1)).toEqual({
      role: 'user',
      content: '<system-reminder>\nRules.\n</system-reminder>\nc',
    });
    expect(folded.losses).toEqual([{ kind: 'system-folded', messageIndex: 2 }]);
  });

  test('never put a system message between tool calls and their results', () => {
    const messages = [
      aUserMessage('a'),
      anAssistantMessage(aToolCall('read_file')),
      aSystemMessage('Rules.'),
      aToolResult('read_file', 'x'),
    ];
    const roles = chat({ messages }).messages.map((message) => message.role);
    expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'system']);
  });

  test('Mistral gets tool ids of nine letters or digits, alike in call and result', () => {
    const messages = [
      aUserMessage('a'),
      anAssistantMessage(aToolCall('read_file', {}, 'toolu_01XYZ')),
      aToolResult('read_file', 'x', { toolCallId: 'toolu_01XYZ' }),
    ];
    const [, , assistant, tool] = chat({ messages }, 'mistral').messages;
    expect(assistant?.tool_calls?.[0]?.id).toMatch(/^[a-zA-Z0-9]{9}$/u);
    expect(tool?.tool_call_id).toBe(assistant?.tool_calls?.[0]?.id);
  });
});

describe('an image in a tool result', () => {
  const result: ToolResultPart = {
    type: 'tool-result',
    toolCallId: 'call_1',
    toolName: 'screenshot',
    content: [
      { type: 'text', text: 'taken' },
      { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: 'AA==' } },
    ],
    isError: false,
  };
  const messages: readonly Message[] = [
    aUserMessage('a'),
    anAssistantMessage(aToolCall('screenshot')),
    { role: 'user', content: [result] },
  ];

  test('moves behind all results on the chat wire, and is listed', () => {
    const { body, losses } = encodeChat(chatModel, aCallRequest({ messages }), 'openai');
    expect(body.messages.slice(-2).map((message) => message.role)).toEqual(['tool', 'user']);
    expect(JSON.stringify(body.messages.at(-1))).toContain('data:image/png;base64,AA==');
    expect(losses).toEqual([{ kind: 'image-moved', messageIndex: 2, toolCallId: 'call_1' }]);
  });

  test('stays where it is on the Responses wire', () => {
    const { body, losses } = encodeResponses(aGptModel(), aCallRequest({ messages }), 'openai');
    expect(body.input.at(-1)).toMatchObject({
      type: 'function_call_output',
      output: [{ type: 'input_text' }, { type: 'input_image' }],
    });
    expect(losses).toEqual([]);
  });
});

describe('cache breakpoints', () => {
  const messages = [
    aUserMessage(long),
    anAssistantMessage('one'),
    aUserMessage('two'),
    anAssistantMessage('three'),
    aUserMessage('four'),
  ];
  const cacheMarkers = [
    { messageIndex: 4, ttl: 'default', purpose: 'newest' },
    { messageIndex: 0, ttl: 'default', purpose: 'reanchor' },
  ] as const;
  const request = { system: long, messages, cacheMarkers };
  const markedTexts = (body: unknown): readonly string[] =>
    [...JSON.stringify(body).matchAll(/"text":"(\w+)[^"]*","(?:prompt_cache_breakpoint|cache_control)"/gu)].map(
      (match) => match[1] ?? '',
    );

  test('mark the system prompt, the re-anchor and the end of the previous call; the newest is implicit', () => {
    const model = aGptModel({ cacheRule: breakpoints });
    expect(markedTexts(encodeChat(model, aCallRequest(request), 'openai').body)).toEqual(['word', 'word', 'two']);
    expect(markedTexts(encodeResponses(model, aCallRequest(request), 'openai').body)).toEqual(['word', 'word', 'two']);
    expect(encodeResponses(model, aCallRequest(request), 'openai').body).not.toHaveProperty('instructions');
  });

  test('are not written for models that place their own', () => {
    expect(markedTexts(chat(request))).toEqual([]);
    expect(encodeResponses(aGptModel(), aCallRequest(request), 'openai').body.instructions).toBe(long);
  });

  test('are cache_control where the chat wire leads to a cache of that kind', () => {
    const model = aGptModel({ wire: 'openai-chat', cacheRule: anExplicitCache() });
    expect(markedTexts(chat(request, 'openrouter', model))).toEqual(['word', 'word', 'four']);
  });
});

describe('thinking', () => {
  test('of a chat vendor goes back under the name it came with, to the same model only', () => {
    const mine = aThinking('hm', { by: chatModel.id, wire: { reasoning_content: 'hm' } });
    const messages = [aUserMessage('a'), anAssistantMessage(mine, 'b'), aUserMessage('c')];
    expect(chat({ messages }, 'deepseek').messages[2]).toEqual({
      role: 'assistant',
      reasoning_content: 'hm',
      content: 'b',
    });
    const other = encodeChat(
      aGptModel({ id: 'gpt-other' as never, wire: 'openai-chat' }),
      aCallRequest({ messages }),
      'deepseek',
    );
    expect(JSON.stringify(other.body)).not.toContain('hm');
    expect(other.losses).toHaveLength(1);
  });

  test('asks Responses for encrypted reasoning and stores nothing there', () => {
    const { body } = encodeResponses(aGptModel(), aCallRequest({ effort: 'low' }), 'openai');
    expect(body).toMatchObject({
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'low' },
    });
    expect(encodeResponses(aGptModel({ efforts: [] }), aCallRequest(), 'openai').body).not.toHaveProperty('include');
  });

  test('and calls go back to Responses as the very items that came', () => {
    const model = aGptModel();
    const item = {
      id: 'fc_1',
      type: 'function_call',
      call_id: 'call_1',
      name: 'read_file',
      arguments: '{ "a":1}',
      status: 'completed',
    };
    const call = { ...aToolCall('read_file', { a: 1 }), issued: { by: model.id, wire: item } };
    const { body } = encodeResponses(
      model,
      aCallRequest({ messages: [aUserMessage('a'), anAssistantMessage(call), aToolResult('read_file', 'x')] }),
      'openai',
    );
    expect(JSON.stringify(body.input[1])).toBe(JSON.stringify(item));
  });
});

describe('a schema for the answer', () => {
  const closed = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  } as const;

  test.each([
    [closed, true],
    [{ ...closed, additionalProperties: true }, false],
    [{ ...closed, required: [] }, false],
    [
      { type: 'object', properties: { inner: { type: 'object' } }, required: ['inner'], additionalProperties: false },
      false,
    ],
    // The root must be an object without a choice; inside, strict mode takes lists and `anyOf` and no other combination.
    [{ type: 'array', items: closed }, false],
    [{ anyOf: [closed, closed] }, false],
    [{ ...closed, properties: { a: { type: 'array', items: closed } } }, true],
    [{ ...closed, properties: { a: { type: 'array', items: { type: 'object' } } } }, false],
    [{ ...closed, properties: { a: { anyOf: [closed, { type: 'string' }] } } }, true],
    [{ ...closed, properties: { a: { anyOf: [closed, { type: 'object' }] } } }, false],
    [{ ...closed, properties: { a: { oneOf: [closed, { type: 'string' }] } } }, false],
    [{ ...closed, allOf: [closed] }, false],
  ])('%j is strict: %s', (schema, strict) => {
    expect(isStrictSchema(schema)).toBe(strict);
    const responseSchema = { name: 'answer', schema };
    expect(chat({ responseSchema }).response_format).toMatchObject({ json_schema: { strict } });
    const { body } = encodeResponses(aGptModel(), aCallRequest({ responseSchema }), 'openai');
    expect(body.text?.format).toMatchObject({ strict });
  });

  test('becomes a sentence where the model has no structured output', () => {
    const model = aGptModel({ wire: 'openai-chat', structuredOutput: false });
    const { body, losses } = encodeChat(
      model,
      aCallRequest({ responseSchema: { name: 'answer', schema: closed } }),
      'generic',
    );
    expect(body).not.toHaveProperty('response_format');
    expect(body.messages[0]?.content).toContain('JSON Schema');
    expect(losses).toEqual([{ kind: 'schema-as-text' }]);
  });
});

test('media that the wire cannot carry is replaced by a line, and listed', () => {
  const audio: Message = {
    role: 'user',
    content: [{ type: 'image', mediaType: 'audio/wav', source: { kind: 'base64', data: 'AA==' } }],
  };
  for (const { body, losses } of [
    encodeChat(chatModel, aCallRequest({ messages: [audio] }), 'openai'),
    encodeResponses(aGptModel(), aCallRequest({ messages: [audio] }), 'openai'),
  ]) {
    expect(JSON.stringify(body)).toContain('[audio/wav left out');
    expect(losses).toEqual([{ kind: 'media-dropped', messageIndex: 0, mediaType: 'audio/wav' }]);
  }
});

test('a tool may be forced by name', () => {
  const request = { tools: [aTool()], toolChoice: { tool: 'read_file' } } as const;
  expect(chat(request).tool_choice).toEqual({ type: 'function', function: { name: 'read_file' } });
  expect(encodeResponses(aGptModel(), aCallRequest(request), 'openai').body.tool_choice).toEqual({
    type: 'function',
    name: 'read_file',
  });
});
