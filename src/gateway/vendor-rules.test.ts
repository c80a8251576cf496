import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Model } from '../domain/model.ts';
import { CHAT, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { vendorWouldSay } from '../testing/internal/vendor-shapes/vendor-would-say.ts';

/** What a scripted endpoint answers: JSON, or the data of events. */
interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly events?: readonly unknown[];
  readonly bytes?: Buffer;
  /** Says its events and nothing more, but does not end. */
  readonly staysOpen?: boolean;
}
type Body = Readonly<Record<string, unknown>>;

const catalog = loadCatalog();
const named = (id: string): Model => {
  const model = catalog.models.find((one) => one.id === id);
  if (model === undefined) throw new Error(`no such model: ${id}`);
  return model;
};
const ofEndpoint = (endpoint: string): Model => {
  const model = catalog.models.find((one) => one.endpoint === endpoint);
  if (model === undefined) throw new Error(`no model at ${endpoint}`);
  // Google's rows are in its own format; its OpenAI form stays open to who configures it.
  return { ...model, wire: 'openai-chat' };
};

const opened: (GatewayKit | Server)[] = [];
/** What the real vendors would have refused. */
const objections: string[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) {
    if ('gateway' in one) await one.gateway.close();
    else one.close();
  }
  expect(objections.splice(0)).toEqual([]);
});

/** A gateway before an endpoint that says `said`, one after the other, the last for ever; and what the endpoint got. */
async function aGateway(
  models: readonly Model[],
  ...said: readonly Said[]
): Promise<{ readonly kit: GatewayKit; readonly got: Body[]; readonly headers: IncomingHttpHeaders[] }> {
  const got: Body[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Body;
      got.push(body);
      headers.push(request.headers);
      const objection = vendorWouldSay(request.url ?? '', body);
      if (objection !== undefined) objections.push(objection);
      const answer = said[Math.min(got.length, said.length) - 1] ?? { events: [] };
      const type = answer.events === undefined ? 'application/json' : 'text/event-stream';
      response.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers });
      if (answer.bytes !== undefined) return response.end(answer.bytes);
      if (answer.events === undefined) return response.end(JSON.stringify(answer.json));
      for (const event of answer.events) response.write(sse(event));
      return answer.staysOpen === true ? response : response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kit = await startGatewayKit({ upstreamUrl: `http://127.0.0.1:${port}`, models, apiKey: 'k' });
  opened.push(kit, server);
  return { kit, got, headers };
}

/** Chat has no names of events; the others have. */
function sse(event: unknown): string {
  if (typeof event === 'string') return `data: ${event}\n\n`;
  const { type } = event as { readonly type?: string };
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`;
}

const chatAnswer = (delta: object, reason = 'stop'): Said => ({
  events: [
    { id: 'c', model: 'm', choices: [{ index: 0, delta }] },
    { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    { id: 'c', choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } },
    '[DONE]',
  ],
});

const user = { role: 'user', content: 'hi' };
const f = { name: 'f', description: 'd', input_schema: { type: 'object', properties: { a: { type: 'number' } } } };
const chatF = { type: 'function', function: { name: 'f', parameters: f.input_schema } };
const used = (id: string): object => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input: {} }] });
const result = (id: string): object => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }],
});
const called = (...ids: readonly string[]): object => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
});
const answered = (id: string): object => ({ role: 'tool', tool_call_id: id, content: id });

/** What goes upstream of one call, whatever comes back. */
async function sentBy(model: Model, path: string, body: object): Promise<Body> {
  const { kit, got } = await aGateway([model], { status: 400, json: { error: { message: 'seen' } } });
  await kit.post(path, { model: model.id, ...body });
  expect(got.length).toBeGreaterThan(0);
  return got[0] ?? {};
}
const viaChat = async (model: Model, body: object): Promise<Body> =>
  sentBy(model, '/v1/chat/completions', { messages: [user], ...body });
const viaClaude = async (model: Model, body: object): Promise<Body> =>
  sentBy(model, '/v1/messages', { max_tokens: 500, messages: [user], ...body });
const viaResponses = async (model: Model, body: object): Promise<Body> =>
  sentBy(model, '/v1/responses', { input: 'hi', ...body });

describe('Google’s signatures of tool calls', () => {
  const model = ofEndpoint('google');
  const signed = {
    tool_calls: [
      {
        index: 0,
        id: 'call_g1',
        function: { name: 'f', arguments: '{"a":1}' },
        extra_content: { google: { thought_signature: 'SIG==' } },
      },
    ],
  };

  test.each([
    ['/v1/messages', { max_tokens: 9, messages: [user], tools: [f] }, [used('call_g1'), result('call_g1')]],
    ['/v1/chat/completions', { messages: [user], tools: [chatF] }, [called('call_g1'), answered('call_g1')]],
  ])('come back with the next call from %s, though its client keeps no place for them', async (path, first, then) => {
    const { kit, got } = await aGateway([model], chatAnswer(signed, 'tool_calls'));
    const body = { model: model.id, stream: true, ...first };
    await (await kit.post(path, body)).text();
    await (await kit.post(path, { ...body, messages: [user, ...then] })).text();
    expect(JSON.stringify(got[1])).toContain('"thought_signature":"SIG=="');
  });

  /** Some servers number the calls of each answer anew: their ids name nothing by themselves. */
  const numbered = (signature: string): Said =>
    chatAnswer(
      {
        tool_calls: [
          {
            index: 0,
            id: 'call_0',
            function: { name: 'f', arguments: '{}' },
            extra_content: { google: { thought_signature: signature } },
          },
        ],
      },
      'tool_calls',
    );
  const NUMBERED = [
    ['/v1/messages', { max_tokens: 9, tools: [f] }, used, result],
    ['/v1/chat/completions', { tools: [chatF] }, called, answered],
  ] as const;
  const signaturesIn = (sent: Body | undefined): readonly string[] =>
    JSON.stringify(sent)
      .match(/(?<="thought_signature":")[^"]+/gu)
      ?.filter((one) => one.startsWith('SIG')) ?? [];

  test.each(NUMBERED)('stay in their conversation where calls are numbered: %s', async (path, rest, use, answer) => {
    const { kit, got } = await aGateway([model], numbered('SIG-A'), numbered('SIG-B'), chatAnswer({ content: 'ok' }));
    const say = async (first: string, ...then: readonly object[]): Promise<void> => {
      const messages = [{ role: 'user', content: first }, ...then];
      await (await kit.post(path, { model: model.id, stream: true, ...rest, messages })).text();
    };
    await say('one thing');
    await say('another thing');
    for (const first of ['one thing', 'another thing']) await say(first, use('call_0'), answer('call_0'));
    expect(got.slice(2).map(signaturesIn)).toEqual([['SIG-A'], ['SIG-B']]);
  });

  test.each(NUMBERED)('never go to an older call with the same id: %s', async (path, rest, use, answer) => {
    const { kit, got } = await aGateway([model], numbered('SIG-A'), numbered('SIG-B'), chatAnswer({ content: 'ok' }));
    const messages: object[] = [user];
    for (let turn = 0; turn < 3; turn += 1) {
      await (await kit.post(path, { model: model.id, stream: true, ...rest, messages: [...messages] })).text();
      messages.push(use('call_0'), answer('call_0'));
    }
    // A translated call is given another id, and the state of the old one is not for it.
    expect(got.slice(1).map(signaturesIn)).toEqual([['SIG-A'], path === '/v1/messages' ? [] : ['SIG-B']]);
  });

  test('are a documented placeholder on calls that another model made', async () => {
    const sent = await viaClaude(model, { tools: [f], messages: [user, used('toolu_x'), result('toolu_x')] });
    expect(JSON.stringify(sent)).toContain('"thought_signature":"skip_thought_signature_validator"');
    const chat = await viaChat(model, { messages: [user, called('a', 'b'), answered('a'), answered('b')] });
    expect(JSON.stringify(chat).match(/skip_thought_signature_validator/gu)).toHaveLength(1);
  });
});

describe('DeepSeek', () => {
  const model = ofEndpoint('deepseek');

  test('gets thoughts on turns with calls that another model took, and none on plain turns', async () => {
    const messages = [user, { role: 'assistant', content: 'x' }, user, used('t1'), result('t1')];
    const sent = (await viaClaude(model, { tools: [f], messages }))['messages'] as readonly Body[];
    expect(sent.map((message) => typeof message['reasoning_content'])).toEqual([
      'undefined',
      'undefined',
      'undefined',
      'string',
      'undefined',
    ]);
  });

  test('gets two thoughts of one turn back as one', async () => {
    const thoughts = [
      { id: 'c', model: 'm', choices: [{ index: 0, delta: { reasoning_content: 'first' } }] },
      { id: 'c', choices: [{ index: 0, delta: { content: 'say' } }] },
      { id: 'c', choices: [{ index: 0, delta: { reasoning_content: 'second' } }] },
      ...(chatAnswer({ content: '.' }).events ?? []),
    ];
    const { kit, got } = await aGateway([model], { events: thoughts });
    const body = { model: model.id, max_tokens: 50, messages: [user] };
    const answer = (await (await kit.post('/v1/messages', body)).json()) as Body;
    const messages = [user, { role: 'assistant', content: answer['content'] }, user];
    await kit.post('/v1/messages', { ...body, messages });
    expect(JSON.stringify(got[1])).toContain('"reasoning_content":"first\\n\\nsecond"');
  });
});

describe('one wire format, another dialect', () => {
  const body = {
    messages: [
      { role: 'developer', content: 'Be brief' },
      user,
      { role: 'assistant', content: 'x', reasoning_content: 'of another vendor' },
      user,
    ],
    max_completion_tokens: 99,
    store: false,
    verbosity: 'low',
  };

  test.each(['deepseek', 'mistral', 'google'])('%s gets its own words and no field that it refuses', async (id) => {
    const sent = await viaChat(ofEndpoint(id), { ...body, prompt_cache_key: 'k' });
    expect(sent).toMatchObject({ max_tokens: 99, messages: [{ role: 'system' }, user, { role: 'assistant' }, user] });
    const text = JSON.stringify(sent);
    for (const gone of ['max_completion_tokens', '"store"', 'verbosity', 'of another vendor']) {
      expect(text).not.toContain(gone);
    }
    expect(sent['prompt_cache_key']).toBe(id === 'mistral' ? 'k' : undefined);
  });

  test.each(['deepseek', 'mistral', 'google'])('what %s is not asked for is told', async (id) => {
    const model = ofEndpoint(id);
    const { kit } = await aGateway([model], { status: 400, json: { error: { message: 'seen' } } });
    const asked = { model: model.id, messages: [user], verbosity: 'low', service_tier: 'flex', store: false };
    const answer = await kit.post('/v1/chat/completions', asked);
    expect(answer.headers.get('x-pointsman-losses')).toBe('chat.verbosity, chat.service_tier');
  });

  test.each(['deepseek', 'mistral', 'google'])('%s never answers without what was asked for', async (id) => {
    const model = ofEndpoint(id);
    const { kit, got } = await aGateway([model], { status: 400, json: { error: { message: 'seen' } } });
    for (const asked of [{ web_search_options: {} }, { modalities: ['text', 'audio'], audio: { voice: 'alloy' } }]) {
      const answer = await kit.post('/v1/chat/completions', { model: model.id, messages: [user], ...asked });
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(Object.keys(asked)[0] ?? '')]);
    }
    expect(got).toEqual([]);
  });

  test('a server that nobody knows keeps fields that nobody knows', async () => {
    const sent = await viaChat(CHAT, { ...body, min_p: 0.1, messages: [user], max_completion_tokens: undefined });
    expect(sent).toMatchObject({ min_p: 0.1, store: false, verbosity: 'low' });
    // No vendor of ours has that field: this server is none of theirs.
    expect(objections.splice(0)).toEqual([expect.stringContaining('min_p')]);
  });
});

describe('Claude', () => {
  const opus = named('claude-opus-4-8');

  test.each(['claude-opus-4-8', 'claude-opus-5', 'claude-sonnet-5', 'claude-fable-5'])(
    '%s gets no sampling, and the loss is told',
    async (id) => {
      const { kit, got } = await aGateway([named(id)], { status: 400, json: { error: { message: 'seen' } } });
      const body = { model: id, messages: [user], temperature: 0.2, top_p: 0.9 };
      const answer = await kit.post('/v1/chat/completions', body);
      expect(Object.keys(got[0] ?? {})).not.toContain('temperature');
      expect(Object.keys(got[0] ?? {})).not.toContain('top_p');
      expect(answer.headers.get('x-pointsman-losses')).toContain('chat.sampling');
    },
  );

  test('models that take sampling still get it', async () => {
    expect(await viaChat(named('claude-haiku-4-5'), { temperature: 0.2 })).toMatchObject({ temperature: 0.2 });
  });

  test.each([
    ['claude-fable-5', { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }],
    ['claude-opus-5', { thinking: { type: 'disabled' }, output_config: { effort: 'high' } }],
    ['claude-opus-4-8', { thinking: { type: 'disabled' }, output_config: { effort: 'xhigh' } }],
  ])('%s in a tool loop of another model thinks as it is allowed to', async (id, expected) => {
    const loop = { ...called('c1'), reasoning_content: 'other' };
    const messages = [user, loop, answered('c1')];
    const sent = await viaChat(named(id), { messages, tools: [chatF], reasoning_effort: 'xhigh' });
    expect(sent).toMatchObject(expected);
  });

  test('no effort is no thinking, save for models that always think', async () => {
    expect(await viaChat(opus, { reasoning_effort: 'none' })).toMatchObject({ thinking: { type: 'disabled' } });
    expect((await viaChat(named('claude-fable-5'), { reasoning_effort: 'none' }))['thinking']).toEqual({
      type: 'adaptive',
    });
  });

  test('a model that refuses to be forced may choose', async () => {
    const body = { tools: [chatF], tool_choice: 'required', reasoning_effort: 'high' };
    expect(await viaChat(named('claude-opus-5-5'), body)).not.toHaveProperty('tool_choice');
    expect(await viaChat(opus, body)).toMatchObject({ tool_choice: { type: 'any' } });
  });

  test('gets every call under an id of its own, alike in its result', async () => {
    const messages = [user, called('call_0'), answered('call_0'), called('call_0'), answered('call_0')];
    const text = JSON.stringify(await viaChat(opus, { messages, tools: [chatF] }));
    const ids = [...text.matchAll(/"type":"tool_use","id":"([^"]+)"/gu)].map(([, id]) => id);
    const results = [...text.matchAll(/"tool_use_id":"([^"]+)"/gu)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(2);
    expect(results).toEqual(ids);
  });

  test('gets the results of one round together and first, whatever stood between them', async () => {
    for (const between of [user, { role: 'developer', content: 'note' }]) {
      const messages = [user, called('c1', 'c2'), answered('c2'), between, answered('c1'), user];
      const sent = (await viaChat(opus, { messages, tools: [chatF] }))['messages'] as readonly Body[];
      const blocks = sent[2]?.['content'] as readonly Body[];
      expect(blocks.slice(0, 2).map((block) => block['type'])).toEqual(['tool_result', 'tool_result']);
    }
  });

  test('gets tool schemas as objects without a choice at the top, said in words instead', async () => {
    const anyOf = [{ required: ['a'] }, { properties: { b: { type: 'string' } }, required: ['b'] }];
    const tools = [
      { type: 'function', function: { name: 'g', parameters: { type: 'object', anyOf } } },
      { type: 'function', function: { name: 'h', parameters: {} } },
    ];
    const sent = (await viaChat(opus, { tools }))['tools'] as readonly Body[];
    expect(sent[0]).toMatchObject({ input_schema: { type: 'object', properties: { b: { type: 'string' } } } });
    expect(JSON.stringify(sent[0]?.['input_schema'])).not.toContain('anyOf');
    expect(sent[0]?.['description']).toContain('"required":["a"]');
    expect(sent[1]?.['input_schema']).toEqual({ type: 'object', properties: {} });
  });

  test('gets answer schemas closed, with limits in words', async () => {
    const schema = {
      type: 'object',
      properties: {
        n: { type: 'integer', minimum: 1 },
        o: {
          type: 'array',
          minItems: 2,
          items: { type: 'object', properties: { x: { type: 'string', minLength: 3 } } },
        },
      },
    };
    const json = JSON.stringify(
      await viaChat(opus, { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }),
    );
    expect(json.match(/"additionalProperties":false/gu)).toHaveLength(2);
    for (const gone of ['"minimum":', '"minItems":', '"minLength":']) expect(json).not.toContain(gone);
    expect(json).toContain('minimum: 1');
  });

  test('is asked for JSON in words, and OpenAI in its own field', async () => {
    const wanted = { response_format: { type: 'json_object' } };
    expect(JSON.stringify((await viaChat(opus, wanted))['system'])).toContain('JSON object');
    expect(await viaChat(named('gpt-5.5'), wanted)).toMatchObject({ text: { format: { type: 'json_object' } } });
    expect(await viaResponses(ofEndpoint('deepseek'), { text: { format: { type: 'json_object' } } })).toMatchObject({
      response_format: { type: 'json_object' },
    });
  });
});

describe('OpenAI', () => {
  test('a caller is told of stop texts beyond the four that its models take', async () => {
    const gpt = named('gpt-5.5');
    const model = { ...gpt, wire: 'openai-chat' as const };
    const { kit, got } = await aGateway([model], chatAnswer({ content: 'ok' }));
    const body = { model: model.id, max_tokens: 99, messages: [user], stop_sequences: 'a b c d e f'.split(' ') };
    const answer = await kit.post('/v1/messages', body);
    expect([answer.status, got[0]?.['stop']]).toEqual([200, ['a', 'b', 'c', 'd']]);
    expect(answer.headers.get('x-pointsman-losses')).toContain('any.stop_count');
  });

  const gpt = named('gpt-5.5');

  test('is asked for sixteen tokens where a probe asks for one, and for no limit where nobody set one', async () => {
    expect(await viaClaude(gpt, { max_tokens: 1 })).toMatchObject({ max_output_tokens: 16 });
    expect(await viaChat(gpt, {})).not.toHaveProperty('max_output_tokens');
    expect(await viaResponses(CHAT, {})).not.toHaveProperty('max_tokens');
  });

  test('a limit leaves room for the prompt in the window', async () => {
    const small: Model = { ...CHAT, contextTokens: 4000, maxOutputTokens: 4000 };
    const sent = await viaClaude(small, {
      max_tokens: 4000,
      messages: [{ role: 'user', content: 'word '.repeat(800) }],
    });
    expect(sent['max_tokens']).toBeLessThan(3200);
    expect(sent['max_tokens']).toBeGreaterThan(1000);
  });

  test('keeps what both of its formats say', async () => {
    const strict = { ...f.input_schema, required: ['a'], additionalProperties: false };
    const sent = await viaChat(gpt, {
      verbosity: 'low',
      service_tier: 'flex',
      metadata: { a: 'b' },
      tools: [{ type: 'function', function: { name: 'f', strict: true, parameters: strict } }],
    });
    expect(sent).toMatchObject({
      text: { verbosity: 'low' },
      service_tier: 'flex',
      metadata: { a: 'b' },
      tools: [{ strict: true }],
    });
    expect(await viaChat(opus(), { service_tier: 'flex', metadata: { a: 'b' } })).not.toHaveProperty('service_tier');
  });

  function opus(): Model {
    return named('claude-opus-4-8');
  }
});

describe('what an endpoint says', () => {
  test.each<[string, Said, number, string]>([
    [
      'a list of errors',
      { status: 400, json: [{ error: { code: 400, message: 'no signature' } }] },
      400,
      'no signature',
    ],
    ['an error as text', { status: 400, json: { error: 'bad words' } }, 400, 'bad words'],
    ['a detail', { status: 422, json: { detail: 'bad field' } }, 400, 'bad field'],
    [
      'a list of faults',
      { status: 422, json: { detail: [{ loc: ['body', 'x'], msg: 'extra' }] } },
      400,
      'body.x: extra',
    ],
    ['404', { status: 404, json: { error: { message: 'no such model' } } }, 404, 'no such model'],
  ])('%s keeps its words', async (_, said, status, words) => {
    const { kit } = await aGateway([CHAT], said);
    const answer = await kit.post('/v1/messages', { model: CHAT.id, max_tokens: 9, messages: [user] });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(words);
  });

  test('a window that only the wanted answer exceeds is no overflow of the transcript', async () => {
    const message = "This model's maximum context length is 65536 tokens and your request has 12 input tokens";
    const { kit } = await aGateway([CHAT], { status: 400, json: { object: 'error', message, code: 400 } });
    const answer = await kit.post('/v1/responses', { model: CHAT.id, input: 'hi' });
    const text = await answer.text();
    expect(text).not.toContain('context_length_exceeded');
    expect(text).toContain('12 input tokens');
  });

  test.each(['gzip', 'plain'])('a %s answer arrives readable, with its usage', async (how) => {
    const claude = named('claude-opus-4-8');
    const json = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'w',
      content: [{ type: 'text', text: 'ok' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 7, output_tokens: 1 },
    };
    const packed = { headers: { 'content-encoding': 'gzip' }, bytes: gzipSync(JSON.stringify(json)) };
    const { kit } = await aGateway([claude], how === 'gzip' ? packed : { json });
    const answer = await kit.post('/v1/messages', { model: claude.id, max_tokens: 9, messages: [user] });
    expect(await answer.json()).toEqual(json);
    expect(kit.calls[0]?.usage?.uncachedTokens).toBe(7);
  });

  test('bytes that say they are packed and are not are an error, not garbage', async () => {
    const claude = named('claude-opus-4-8');
    const { kit } = await aGateway([claude], { headers: { 'content-encoding': 'gzip' }, bytes: Buffer.from('{}') });
    const answer = await kit.post('/v1/messages', { model: claude.id, max_tokens: 9, messages: [user] });
    expect(answer.status).toBe(502);
  });

  test.each<[string, Model, readonly unknown[]]>([
    [
      'an error as the first event',
      named('claude-opus-4-8'),
      [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
    ],
    [
      'an error after pings',
      named('claude-opus-4-8'),
      [{ type: 'ping' }, { type: 'error', error: { type: 'api_error' } }],
    ],
    ['an error chunk', CHAT, [{ error: { message: 'busy', code: 503 } }]],
    ['an empty stream', CHAT, []],
  ])('%s in a stream of 200 is tried again before anything is sent', async (_, model, events) => {
    const good: Said =
      model === CHAT
        ? chatAnswer({ content: 'fine' })
        : {
            events: [
              { type: 'message_start', message: { id: 'm', model: 'w', usage: { input_tokens: 1, output_tokens: 1 } } },
              { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
              { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'fine' } },
              { type: 'content_block_stop', index: 0 },
              { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
              { type: 'message_stop' },
            ],
          };
    const { kit, got } = await aGateway([model], { events }, good);
    const body = { model: model.id, max_tokens: 9, stream: true, messages: [user] };
    const answer = await kit.post('/v1/messages', body);
    const text = await answer.text();
    expect([answer.status, got.length]).toEqual([200, 2]);
    expect(text).toContain('fine');
    expect(text).not.toMatch(/overloaded|busy|event: error/u);
  });

  test('an error that stays is told with the status that it means', async () => {
    const claude = named('claude-opus-4-8');
    const events = [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }];
    const { kit } = await aGateway([claude], { events });
    const body = { model: claude.id, max_tokens: 9, stream: true, messages: [user] };
    expect((await kit.post('/v1/messages', body)).status).toBe(529);
  });

  test('a final error is told at once, and in JSON, however long its stream stays open', async () => {
    const claude = named('claude-opus-4-8');
    const events = [{ type: 'error', error: { type: 'invalid_request_error', message: 'no such thing' } }];
    const { kit, got } = await aGateway([claude], { events, staysOpen: true });
    const answer = await kit.post('/v1/messages', { model: claude.id, max_tokens: 9, stream: true, messages: [user] });
    expect([answer.status, got.length]).toEqual([400, 1]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.text()).toContain('no such thing');
  });

  test('a refusal without words is a refusal to a Responses caller', async () => {
    const claude = named('claude-opus-4-8');
    const events = [
      { type: 'message_start', message: { id: 'm', model: 'w', usage: { input_tokens: 9, output_tokens: 1 } } },
      { type: 'message_delta', delta: { stop_reason: 'refusal' }, usage: { output_tokens: 1 } },
      { type: 'message_stop' },
    ];
    const { kit } = await aGateway([claude], { events });
    const answer = (await (await kit.post('/v1/responses', { model: claude.id, input: 'hi' })).json()) as Body;
    expect(JSON.stringify(answer['output'])).toContain('"type":"refusal"');
  });

  test('an id that the transcript has already is given anew', async () => {
    const again = {
      tool_calls: [{ index: 0, id: 'call_0', function: { name: 'f', arguments: '{}' } }],
    };
    const { kit } = await aGateway([CHAT], chatAnswer(again, 'tool_calls'));
    const messages = [user, used('call_0'), result('call_0')];
    const answer = await kit.post('/v1/messages', { model: CHAT.id, max_tokens: 9, tools: [f], messages });
    expect(((await answer.json()) as { content: readonly Body[] }).content[0]?.['id']).toBe('call_0_2');
  });
});

test('endpoints are reached through the proxy that the environment names', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of chatAnswer({ content: 'by proxy' }).events ?? []) response.write(sse(event));
    response.end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  opened.push(proxy);
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const kit = await startGatewayKit({
    upstreamUrl: 'http://vendor.invalid/v1',
    models: [CHAT],
    apiKey: 'k',
    deps: { proxy: { httpProxy: address, httpsProxy: undefined, noProxy: undefined } },
  });
  opened.push(kit);
  const answer = await kit.post('/v1/chat/completions', { model: CHAT.id, stream: true, messages: [user] });
  expect(await answer.text()).toContain('by proxy');
  expect(asked).toEqual(['http://vendor.invalid/v1/chat/completions']);
});

describe('callers of the older functions', () => {
  const functions = [{ name: 'f', parameters: { type: 'object', properties: { a: { type: 'number' } } } }];
  const say = chatAnswer(
    { tool_calls: [{ index: 0, id: 'c1', function: { name: 'f', arguments: '{"a":7}' } }] },
    'tool_calls',
  );

  test.each(['deepseek', 'mistral'])('get function_call back from %s, which knows tools alone', async (id) => {
    const { kit, got } = await aGateway([ofEndpoint(id)], say);
    const body = { model: ofEndpoint(id).id, messages: [user], functions };
    const whole = (await (await kit.post('/v1/chat/completions', body)).json()) as Body;
    expect(got[0]).toMatchObject({ tools: [{ type: 'function', function: { name: 'f' } }] });
    expect(got[0]).not.toHaveProperty('functions');
    expect(whole['choices']).toMatchObject([
      { finish_reason: 'function_call', message: { function_call: { name: 'f', arguments: '{"a":7}' } } },
    ]);
    const stream = await (await kit.post('/v1/chat/completions', { ...body, stream: true })).text();
    expect(stream).toContain('"function_call":{"name":"f","arguments":""}');
    expect(stream).toContain('"finish_reason":"function_call"');
    expect(stream).not.toContain('tool_calls');
  });

  test('their history reaches a model that has tools', async () => {
    const messages = [
      user,
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
      { role: 'function', name: 'f', content: 'one' },
    ];
    const sent = (await viaChat(ofEndpoint('deepseek'), { messages, functions }))['messages'];
    expect(sent).toMatchObject([
      user,
      { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
      { role: 'tool', content: 'one' },
    ]);
  });
});

test('free-form tools of OpenAI’s are functions elsewhere, and free text again in the answer', async () => {
  const model = ofEndpoint('mistral');
  const delta = {
    tool_calls: [{ index: 0, id: 'abcdefghi', function: { name: 'patch', arguments: '{"input":"a\\nb"}' } }],
  };
  const { kit, got } = await aGateway([model], chatAnswer(delta, 'tool_calls'));
  const body = { model: model.id, messages: [user], tools: [{ type: 'custom', custom: { name: 'patch' } }] };
  const answer = (await (await kit.post('/v1/chat/completions', body)).json()) as Body;
  expect(got[0]).toMatchObject({ tools: [{ type: 'function', function: { name: 'patch' } }] });
  expect(answer['choices']).toMatchObject([
    { message: { tool_calls: [{ type: 'custom', custom: { name: 'patch', input: 'a\nb' } }] } },
  ]);
});

describe('numbers beyond what a double holds', () => {
  const digits = '9007199254740993';
  const raw = (text: string): string => JSON.stringify(text);

  test.each([
    [
      '/v1/messages',
      ofEndpoint('deepseek'),
      `[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":${digits}}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"1"}]}]`,
    ],
    [
      '/v1/chat/completions',
      named('claude-opus-4-8'),
      `[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":${raw(`{"a":${digits}}`)}}}]},{"role":"tool","tool_call_id":"t","content":"1"}]`,
    ],
  ])('keep their digits on the way from %s', async (path, model, messages) => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => response.writeHead(400).end('{}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const kit = await startGatewayKit({
      upstreamUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      models: [model],
      apiKey: 'k',
    });
    opened.push(kit, server);
    await kit.post(path, `{"model":"${model.id}","max_tokens":50,"messages":${messages}}`);
    expect(bodies.join('')).toContain(digits);
  });

  test('keep them on the way back', async () => {
    const model = ofEndpoint('deepseek');
    const delta = { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: `{"a":${digits}}` } }] };
    const { kit } = await aGateway([model], chatAnswer(delta, 'tool_calls'));
    const body = { model: model.id, max_tokens: 50, messages: [user], tools: [f] };
    expect(await (await kit.post('/v1/messages', body)).text()).toContain(`{"a":${digits}}`);
  });
});

test('a transcript that begins with its model reaches Gemini behind a user’s turn', async () => {
  const messages = [used('toolu_x'), result('toolu_x')];
  const sent = await viaClaude(named('gemini-3.6-flash'), { tools: [f], messages });
  expect((sent['contents'] as readonly Body[]).map((content) => content['role'])).toEqual(['user', 'model', 'user']);
});
