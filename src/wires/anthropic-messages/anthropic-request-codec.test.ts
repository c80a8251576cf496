import { describe, expect, test } from 'vitest';
import type { CacheMarker } from '../../domain/call.ts';
import type { Message } from '../../domain/transcript.ts';
import {
  aCallRequest,
  aModel,
  aSystemMessage,
  aThinking,
  aTool,
  aToolCall,
  aToolResult,
  aUserMessage,
  anAssistantMessage,
  anAutomaticCache,
  anExplicitCache,
  modelId,
} from '../../testing/index.ts';
import { encodeAnthropic } from './anthropic-request-codec.ts';
import type { AnthropicRequest } from './anthropic-wire.ts';

const long = 'word '.repeat(2000);
const talk: readonly Message[] = Array.from({ length: 9 }, (_, index) =>
  index % 2 === 0 ? aUserMessage(`question ${index} ${long}`) : anAssistantMessage(`answer ${index}`),
);

function marker(
  messageIndex: number,
  purpose: CacheMarker['purpose'],
  ttl: CacheMarker['ttl'] = 'default',
): CacheMarker {
  return { messageIndex, purpose, ttl };
}

/** Every marked block as `place:ttl`, in prompt order. */
function marks(body: AnthropicRequest): readonly string[] {
  const at = (place: string, block: object): readonly string[] =>
    'cache_control' in block ? [`${place}:${(block.cache_control as { ttl?: string }).ttl ?? '5m'}`] : [];
  return [
    ...(body.tools ?? []).flatMap((tool) => at('tools', tool)),
    ...(Array.isArray(body.system) ? body.system.flatMap((block: object) => at('system', block)) : []),
    ...body.messages.flatMap((message, index) =>
      typeof message.content === 'string' ? [] : message.content.flatMap((block) => at(String(index), block)),
    ),
  ];
}

function marksOf(cacheMarkers: readonly CacheMarker[], model = aModel()): readonly string[] {
  return marks(
    encodeAnthropic(model, aCallRequest({ system: long, tools: [aTool()], messages: talk, cacheMarkers })).body,
  );
}

describe('cache markers', () => {
  test('sit on the system prompt, the newest message and the re-anchor, and on tools long enough to be cached', () => {
    expect(marksOf([marker(8, 'newest'), marker(2, 'reanchor')])).toEqual(['system:5m', '2:5m', '8:5m']);
    const tools = [aTool('big', { description: long })];
    const request = aCallRequest({
      system: long,
      tools,
      messages: talk,
      cacheMarkers: [marker(8, 'newest'), marker(2, 'reanchor')],
    });
    expect(marks(encodeAnthropic(aModel(), request).body)).toEqual(['tools:5m', 'system:5m', '2:5m', '8:5m']);
  });

  test('are never more than four, whatever is asked for: the newest and the system prompt stay', () => {
    const many = [0, 1, 2, 3, 4, 5, 6].map((index) => marker(index, 'reanchor'));
    expect(marksOf([...many, marker(8, 'newest')])).toEqual(['system:5m', '5:5m', '6:5m', '8:5m']);
  });

  test('of one hour come before those of five minutes', () => {
    expect(marksOf([marker(8, 'newest'), marker(2, 'reanchor', '1h')])).toEqual(['system:1h', '2:1h', '8:5m']);
    expect(marksOf([marker(8, 'newest', '1h'), marker(2, 'reanchor')])).toEqual(['system:1h', '2:1h', '8:1h']);
  });

  test('are of five minutes where the model has no longer class', () => {
    const model = aModel({ cacheRule: anExplicitCache({ longTtlMs: undefined }) });
    expect(marksOf([marker(8, 'newest', '1h')], model)).toEqual(['system:5m', '8:5m']);
  });

  test('are left out where the prefix is surely too short to be cached', () => {
    const request = aCallRequest({ cacheMarkers: [marker(0, 'newest')] });
    expect(marks(encodeAnthropic(aModel(), request).body)).toEqual([]);
  });

  test('are left out for a vendor that places its own, and for one without a cache', () => {
    expect(marksOf([marker(8, 'newest')], aModel({ cacheRule: anAutomaticCache() }))).toEqual([]);
    expect(marksOf([marker(8, 'newest')], aModel({ cacheRule: { kind: 'none' } }))).toEqual([]);
  });

  test('skip thinking, which cannot carry one, and positions that do not exist', () => {
    const model = aModel();
    const signed = aThinking('so', { by: model.id, wire: { type: 'thinking', thinking: 'so', signature: 'S' } });
    const messages = [aUserMessage(long), anAssistantMessage('said', signed)];
    const { body } = encodeAnthropic(
      model,
      aCallRequest({ messages, cacheMarkers: [marker(1, 'newest'), marker(7, 'reanchor')] }),
    );
    expect(body.messages[1]?.content).toEqual([
      { type: 'text', text: 'said', cache_control: { type: 'ephemeral' } },
      { type: 'thinking', thinking: 'so', signature: 'S' },
    ]);
  });
});

describe('a system message in mid-conversation', () => {
  test('becomes a reminder in the turn of the user, behind the tool results that must come first', () => {
    const messages = [
      aUserMessage('Go'),
      anAssistantMessage(aToolCall('read_file')),
      aSystemMessage('Be brief.'),
      aToolResult('read_file', 'text'),
    ];
    const { body, losses } = encodeAnthropic(aModel(), aCallRequest({ messages }));
    expect(body.messages).toHaveLength(3);
    expect(body.messages[2]?.content).toMatchObject([
      { type: 'tool_result' },
      { type: 'text', text: '<system-reminder>\nBe brief.\n</system-reminder>' },
    ]);
    expect(losses).toEqual([{ kind: 'system-folded', messageIndex: 2 }]);
  });

  test('is its own turn elsewhere and may carry a marker', () => {
    const messages = [aUserMessage(long), anAssistantMessage('Hm.'), aSystemMessage('New rules.')];
    const { body } = encodeAnthropic(aModel(), aCallRequest({ messages, cacheMarkers: [marker(2, 'newest')] }));
    expect(body.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user']);
    expect(marks(body)).toContain('2:5m');
  });
});

describe('thinking', () => {
  const foreign = aThinking('elsewhere', { by: modelId('gpt-other'), wire: {} });
  const loop = [aUserMessage('Go'), anAssistantMessage(foreign, aToolCall('read_file')), aToolResult('read_file', 'x')];

  test('is adaptive with the effort that was asked for, as far as the model offers it', () => {
    const { body, losses } = encodeAnthropic(aModel({ efforts: ['low', 'high'] }), aCallRequest({ effort: 'max' }));
    expect(body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } });
    expect(losses).toEqual([{ kind: 'effort-changed', from: 'max', to: 'high' }]);
  });

  test('is not mentioned where no effort was asked for or the model takes none', () => {
    expect(encodeAnthropic(aModel(), aCallRequest()).body).not.toHaveProperty('thinking');
    expect(encodeAnthropic(aModel({ efforts: [] }), aCallRequest({ effort: 'high' })).body).not.toHaveProperty(
      'thinking',
    );
  });

  test('pauses in a tool loop that another model opened, and with a forced tool', () => {
    const open = encodeAnthropic(aModel(), aCallRequest({ effort: 'high', tools: [aTool()], messages: loop }));
    expect(open.body.thinking).toEqual({ type: 'disabled' });
    expect(open.losses).toContainEqual({ kind: 'thinking-paused', why: 'foreign-tool-loop' });
    const forced = encodeAnthropic(
      aModel(),
      aCallRequest({ effort: 'high', tools: [aTool()], toolChoice: 'required' }),
    );
    expect(forced.body).toMatchObject({ thinking: { type: 'disabled' }, tool_choice: { type: 'any' } });
    const closed = [...loop, anAssistantMessage('Done.'), aUserMessage('Thanks')];
    const after = encodeAnthropic(aModel(), aCallRequest({ effort: 'high', messages: closed }));
    expect(after.body.thinking).toEqual({ type: 'adaptive' });
  });

  test('an answer that was nothing but foreign thinking is left out whole', () => {
    const { body } = encodeAnthropic(
      aModel(),
      aCallRequest({ messages: [aUserMessage('a'), anAssistantMessage(foreign), aUserMessage('b')] }),
    );
    expect(body.messages.map((message) => message.role)).toEqual(['user', 'user']);
  });
});

describe('a schema for the answer', () => {
  const responseSchema = { name: 'plan', schema: { type: 'object' } };

  test('goes as output format where the model can', () => {
    const { body } = encodeAnthropic(aModel(), aCallRequest({ responseSchema }));
    // Objects must be closed there.
    const schema = { type: 'object', additionalProperties: false };
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema } });
  });

  test('becomes a sentence of the system prompt where it cannot', () => {
    const { body, losses } = encodeAnthropic(aModel({ structuredOutput: false }), aCallRequest({ responseSchema }));
    expect(body).not.toHaveProperty('output_config');
    expect(JSON.stringify(body.system)).toContain('JSON Schema');
    expect(losses).toEqual([{ kind: 'schema-as-text' }]);
  });
});

test('images and documents go as blocks, by bytes or by address', () => {
  const content: Extract<Message, { role: 'user' }>['content'] = [
    { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: 'AA==' } },
    { type: 'image', mediaType: 'image/png', source: { kind: 'url', url: 'https://example.com/a.png' } },
    { type: 'image', mediaType: 'application/pdf', source: { kind: 'base64', data: 'BB==' } },
  ];
  const { body } = encodeAnthropic(aModel(), aCallRequest({ messages: [{ role: 'user', content }] }));
  expect(body.messages[0]?.content).toEqual([
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
    { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BB==' } },
  ]);
});

test('asks for no more output than the model may write, and says so', () => {
  const { body, losses } = encodeAnthropic(aModel({ maxOutputTokens: 100 }), aCallRequest({ maxOutputTokens: 500 }));
  expect(body.max_tokens).toBe(100);
  expect(losses).toEqual([{ kind: 'output-capped', fromTokens: 500, toTokens: 100 }]);
});

test('a tool name that the vendor would refuse is mapped, and mapped back', () => {
  const { body, toolNames } = encodeAnthropic(aModel(), aCallRequest({ tools: [aTool('files.read')] }));
  const wire = body.tools?.[0]?.name ?? '';
  expect(wire).toMatch(/^[a-zA-Z0-9_-]+$/u);
  expect(toolNames.get(wire)).toBe('files.read');
});
