import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import {
  aModel,
  createScriptedServer,
  promptScript,
  type ScriptedServer,
  type ScriptedServerOptions,
} from '../../testing/index.ts';

let server: ScriptedServer | undefined;
afterEach(async () => server?.close());

async function open(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  server = await createScriptedServer(options);
  return server;
}

interface Reply {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- three vendors' bodies, read field by field
  readonly body: any;
}

async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(`${server?.url}${path}`, { method: 'POST', body: raw as string, headers });
  return { status: response.status, body: await response.json() };
}

const ask = (content: string, extra: object = {}): object => ({
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user', content }],
  ...extra,
});

describe('the words of a script', () => {
  test('are answered in the JSON form of each wire', async () => {
    await open({ script: () => ({ text: 'Hi', toolCalls: [{ name: 'go', input: { a: 1 } }] }) });
    const anthropic = await post('/v1/messages', ask('x'));
    expect(anthropic.body.content).toMatchObject([
      { type: 'text', text: 'Hi' },
      { type: 'tool_use', name: 'go', input: { a: 1 } },
    ]);
    expect(anthropic.body.stop_reason).toBe('tool_use');
    const chat = await post('/v1/chat/completions', ask('x'));
    expect(chat.body.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'Hi', tool_calls: [{ function: { name: 'go', arguments: '{"a":1}' } }] },
    });
    const responses = await post('/v1/responses', { model: 'm', input: 'x' });
    expect(responses.body.output).toMatchObject([{ type: 'message' }, { type: 'function_call', name: 'go' }]);
  });

  test('lines are used in order by the first call to their model', async () => {
    const opened = await open({
      strict: true,
      script: [
        { model: 'b', answer: { text: 'for b' } },
        { model: 'm', answer: { text: 'for m' } },
        { answer: { text: 'for any' } },
      ],
    });
    const say = async (model: string): Promise<string> =>
      (await post('/v1/messages', ask('x', { model }))).body.content[0].text;
    expect([await say('m'), await say('b'), await say('m')]).toEqual(['for m', 'for b', 'for any']);
    expect(() => opened.assertDone()).not.toThrow();
  });

  test('a function sees the request and how many came before', async () => {
    await open({
      script: ({ callIndex, modelCallIndex, system, messages }) => ({
        text: JSON.stringify([callIndex, modelCallIndex, system, messages.length]),
      }),
    });
    await post('/v1/messages', ask('x', { model: 'a' }));
    const { body } = await post('/v1/messages', ask('x', { model: 'b', system: 'S' }));
    expect(JSON.parse(body.content[0].text)).toEqual([1, 0, 'S', 1]);
  });

  test('the first offered of several tool names is called', async () => {
    await open({ script: () => ({ toolCalls: [{ name: 'Bash|shell|~exec' }] }) });
    const tools = (name: string): object => ({ tools: [{ name, input_schema: { type: 'object' } }] });
    expect((await post('/v1/messages', ask('x', tools('shell')))).body.content[0].name).toBe('shell');
    expect((await post('/v1/messages', ask('x', tools('run_exec_now')))).body.content[0].name).toBe('run_exec_now');
  });
});

describe('a strict server', () => {
  test('refuses and remembers a call without words', async () => {
    const opened = await open({ strict: true, script: [] });
    expect((await post('/v1/messages', ask('x'))).status).toBe(400);
    expect(opened.unexpected).toHaveLength(1);
    expect(() => opened.assertDone()).toThrow(/Unexpected: call 0 to m/u);
  });

  test('complains about script that is left over', async () => {
    const opened = await open({ strict: true, script: [{ model: 'm', answer: { text: 'never' } }] });
    expect(() => opened.assertDone()).toThrow(/Left over: a line for m/u);
  });

  test('is not the default: other calls get a fixed text', async () => {
    await open();
    expect((await post('/v1/messages', ask('x'))).body.content[0].text).toContain('no words');
  });
});

describe('a script inside the prompt', () => {
  const script = promptScript([{ text: 'one', toolCalls: [{ name: 'go' }] }, { text: 'two' }]);
  const turn = { role: 'assistant', content: 'one' };

  test('plays one step for each model turn since, and says when it is over', async () => {
    await open();
    const say = async (...later: readonly object[]): Promise<string> =>
      (await post('/v1/messages', ask('', { messages: [{ role: 'user', content: `Do ${script} now` }, ...later] })))
        .body.content[0].text;
    expect(await say()).toBe('one');
    expect(await say(turn, { role: 'user', content: 'go on' })).toBe('two');
    expect(await say(turn, { role: 'user', content: 'a' }, turn, { role: 'user', content: 'b' })).toContain('over');
    expect(await say(turn, { role: 'user', content: script })).toBe('one');
  });

  test('calls no tool where none is offered, as when a client asks for a title', async () => {
    await open();
    const { body } = await post('/v1/messages', ask(script));
    expect(body.content).toMatchObject([{ type: 'text', text: 'one' }]);
    const offered = await post(
      '/v1/messages',
      ask(script, { tools: [{ name: 'go', input_schema: { type: 'object' } }] }),
    );
    expect(offered.body.stop_reason).toBe('tool_use');
  });

  test('counts the items of one Responses turn once', async () => {
    await open();
    const call = { type: 'function_call', call_id: 'c', name: 'go', arguments: '{}' };
    const input = [
      { role: 'user', content: script },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'one' }] },
      call,
      { type: 'function_call_output', call_id: 'c', output: 'ok' },
    ];
    expect((await post('/v1/responses', { model: 'm', input })).body.output[0].content[0].text).toBe('two');
  });

  test('that cannot be read is refused with the reason', async () => {
    await open();
    const { status, body } = await post('/v1/messages', ask('SCRIPT>[{"txt":1}]<SCRIPT'));
    expect([status, body.error.message]).toEqual([400, expect.stringContaining('cannot be read')]);
  });
});

describe('what real vendors refuse is refused', () => {
  test.each([
    [
      'a fifth marker',
      { system: Array.from({ length: 5 }, () => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } })) },
    ],
    [
      'an hour behind five minutes',
      {
        system: [
          { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'y', cache_control: { type: 'ephemeral', ttl: '1h' } },
        ],
      },
    ],
    [
      'a result without its call',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'y' }] }] },
    ],
    [
      'a foreign signature',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: [{ type: 'thinking', thinking: 'h', signature: 'AAAA' }] },
        ],
      },
    ],
    ['an empty text', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }],
  ])('%s', async (_name, extra) => {
    await open({ script: () => ({ text: 'ok' }) });
    expect((await post('/v1/messages', ask('x', extra))).status).toBe(400);
    await server?.close();
    await open({ script: () => ({ text: 'ok' }), vendorChecks: false });
    expect((await post('/v1/messages', ask('x', extra))).status).toBe(200);
  });
});

describe('the rest of the interface', () => {
  test('lists models, counts tokens, answers packed bodies and keeps no credentials', async () => {
    const opened = await open({ models: [aModel()], script: () => ({ text: 'ok' }), apiKey: 'right' });
    const list = (await (await fetch(`${opened.url}/v1/models`)).json()) as { data: readonly { id: string }[] };
    expect(list.data.map((model) => model.id)).toEqual(['claude-test']);
    expect((await post('/v1/messages/count_tokens', ask('x'))).body.input_tokens).toBeGreaterThan(0);
    const packed = gzipSync(JSON.stringify(ask('x')));
    expect((await post('/v1/messages', packed, { 'content-encoding': 'gzip', 'x-api-key': 'right' })).status).toBe(200);
    expect((await post('/v1/messages', ask('x'), { 'x-api-key': 'wrong' })).status).toBe(401);
    expect((await post('/v1/chat/completions', ask('x'), { authorization: 'Bearer right' })).status).toBe(200);
    expect(JSON.stringify(opened.calls)).not.toContain('right');
  });

  test('says what is wrong with a route or body that it does not know', async () => {
    await open();
    expect((await post('/v2/telepathy', {})).status).toBe(404);
    expect((await post('/v1/messages', '{"half')).status).toBe(400);
  });

  test('cache lifetimes follow the clock that was given', async () => {
    let now = 0;
    await open({ script: () => ({ text: 'ok' }), clock: () => now });
    const body = ask('x', {
      system: [{ type: 'text', text: 'long '.repeat(2000), cache_control: { type: 'ephemeral' } }],
    });
    const read = async (): Promise<number> => (await post('/v1/messages', body)).body.usage.cache_read_input_tokens;
    expect(await read()).toBe(0);
    expect(await read()).toBeGreaterThan(2000);
    now = 301_000;
    expect(await read()).toBe(0);
  });
});
