import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { afterEach, describe, expect, test } from 'vitest';
import type { CallRequest } from '../domain/call.ts';
import type { Model } from '../domain/model.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import {
  aCallRequest,
  aModel,
  anAssistantMessage,
  aTool,
  aToolCall,
  aToolResult,
  aUserMessage,
} from '../testing/index.ts';
import { bedrockCloud, type BedrockCloudOptions } from '../testing/internal/clouds/bedrock-cloud.ts';
import { openCloudBench, type CloudBench, type CloudBenchOptions } from '../testing/internal/clouds/cloud-bench.ts';
import { encodeConverse } from '../wires/bedrock-converse/converse-request-codec.ts';

const API_KEY = 'bedrock-api-key-123456';
const LLAMA = 'meta.llama4-maverick-17b-instruct-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const MISTRAL = 'mistral.mistral-7b-instruct-v0:2';
const CLOUD: BedrockCloudOptions = {
  region: 'us-east-1',
  keys: [],
  apiKeys: [API_KEY],
  models: { [LLAMA]: 'llama-4', [NOVA]: 'nova', [MISTRAL]: 'mistral-7b' },
};
const PNG = { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: 'iVBORw0KGgo=' } } as const;
const PDF = { type: 'image', mediaType: 'application/pdf', source: { kind: 'base64', data: 'JVBERi0xLjQ=' } } as const;

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const YAML = `
endpoints:
  aws-bedrock: { host: bedrock, region: us-east-1, baseUrl: URL }
models:
  - id: bedrock/llama
    endpoint: aws-bedrock
    wireModel: "us.${LLAMA}"
    vendor: meta
    family: llama
    usdPerMTok: { input: 0.24, output: 0.97 }
    contextTokens: 128000
    toolCalling: true
    inputModalities: [text, image, pdf]
  - id: bedrock/nova
    endpoint: aws-bedrock
    wireModel: "us.${NOVA}"
    usdPerMTok: { input: 0.8, output: 3.2, cacheRead: 0.2 }
    cacheRule: anthropic
    cacheMinTokens: 1024
    contextTokens: 300000
    toolCalling: true
    efforts: [low, high]
  - id: bedrock/mistral
    endpoint: aws-bedrock
    wireModel: "us.${MISTRAL}"
    vendor: mistral
    family: mistral
    usdPerMTok: { input: 0.15, output: 0.2 }
    contextTokens: 32000
    toolCalling: true
    inputModalities: [text, image]
`;

async function bench(options: Partial<CloudBenchOptions> = {}): Promise<CloudBench> {
  const script = () => ({ thinking: 'hm', text: 'from bedrock' });
  const env = { AWS_BEARER_TOKEN_BEDROCK: API_KEY };
  const one = await openCloudBench({ cloud: bedrockCloud(CLOUD), script, yaml: YAML, env, ...options });
  opened.push(one);
  return one;
}

/** Each caller's own way to ask, and what of its body says that all went well. */
const CALLERS = [
  ['/v1/messages', (content: string) => ({ max_tokens: 50, messages: [{ role: 'user', content }] })],
  ['/v1/chat/completions', (content: string) => ({ messages: [{ role: 'user', content }] })],
  ['/v1/responses', (content: string) => ({ input: content })],
] as const;

describe('models at Bedrock that are not Claude', () => {
  test.each(['bedrock/llama', 'bedrock/nova'])('%s answers a job, and callers of every format', async (model) => {
    const { call, post, gatewayUrl, server } = await bench();
    const { message, usage, finishReason } = await call(model);
    expect(message.content).toMatchObject([
      { type: 'thinking', text: 'hm' },
      { type: 'text', text: 'from bedrock' },
    ]);
    expect([finishReason, usage?.outputTokens]).toEqual(['stop', expect.any(Number)]);
    for (const stream of [true, false]) {
      for (const [path, body] of CALLERS) {
        const { status, text } = await post(path, { model, stream, ...body('hi') });
        expect([status, text]).toEqual([200, expect.stringContaining('drock')]);
      }
      const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
      const answer = await fetch(`${gatewayUrl}/v1beta/models/${encodeURIComponent(model)}:${method}`, {
        method: 'POST',
        body: JSON.stringify({ contents }),
      });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('drock')]);
    }
    expect(server.objections).toEqual([]);
    expect(new Set(server.calls.map(({ request }) => request.wire))).toEqual(new Set(['bedrock-converse']));
  });

  test('one that takes no tools in a stream is asked for a whole answer, which its caller hears as a stream', async () => {
    const script = () => ({
      thinking: 'hm',
      text: 'let me see',
      toolCalls: [
        { name: 'read_file', input: { path: 'ü.ts', deep: { list: [1, 'x'] } } },
        { name: 'read_file', input: {} },
      ],
    });
    const { call, post, server } = await bench({ script });
    const { message, usage, finishReason } = await call('bedrock/llama', { tools: [aTool()] });
    expect(message.content).toMatchObject([
      { type: 'thinking', text: 'hm' },
      { type: 'text', text: 'let me see' },
      { type: 'tool-call', toolName: 'read_file', input: { path: 'ü.ts', deep: { list: [1, 'x'] } } },
      { type: 'tool-call', toolName: 'read_file', input: {} },
    ]);
    expect([finishReason, (usage?.outputTokens ?? 0) > 0]).toEqual(['tool-calls', true]);
    const tools = [{ name: 'read_file', input_schema: { type: 'object' } }];
    for (const stream of [true, false]) {
      const ask = {
        model: 'bedrock/llama',
        stream,
        max_tokens: 50,
        messages: [{ role: 'user', content: 'hi' }],
        tools,
      };
      const { status, text } = await post('/v1/messages', ask);
      expect([status, text]).toEqual([200, expect.stringContaining('"stop_reason":"tool_use"')]);
      expect(text.match(/"tool_use","id"/gu)).toHaveLength(2);
    }
    expect(server.objections).toEqual([]);
  });

  test('one that knows no system prompt hears it in the first turn, and one that takes no tools says so', async () => {
    const { post, server } = await bench();
    const ask = { model: 'bedrock/mistral', messages: [{ role: 'user', content: 'hi' }] };
    const { status, text } = await post('/v1/messages', { ...ask, max_tokens: 50, system: 'Be brief.' });
    expect([status, text]).toEqual([200, expect.stringContaining('from bedrock')]);
    expect(JSON.stringify(server.calls[0]?.body)).toContain('Be brief.');
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    const refused = await post('/v1/chat/completions', { ...ask, tools });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('support tool use')]);
    const routed = await post('/v1/chat/completions', { ...ask, model: 'auto', tools });
    expect([routed.status, server.calls.at(-1)?.request.model]).toEqual([200, expect.not.stringContaining('mistral')]);
  });

  test('calls of tools go out and come back, with their results', async () => {
    const script = () => ({ toolCalls: [{ name: 'read_file', input: { path: 'ü.ts', size: 3 } }] });
    const { call, server } = await bench({ script });
    const first = await call('bedrock/llama', { tools: [aTool()], toolChoice: { tool: 'read_file' } });
    expect(first.finishReason).toBe('tool-calls');
    const made = first.message.content.find((part) => part.type === 'tool-call');
    expect(made).toMatchObject({ toolName: 'read_file', input: { path: 'ü.ts', size: 3 } });
    const toolCallId = made?.toolCallId ?? '';
    const messages = [aUserMessage('read'), first.message, aToolResult('read_file', '', { toolCallId, isError: true })];
    await call('bedrock/llama', { messages, tools: [aTool()] });
    // Tools that are no longer offered, and a choice that Converse has no word for.
    await call('bedrock/llama', { messages, tools: [] });
    await call('bedrock/llama', { messages, tools: [aTool()], toolChoice: 'none' });
    expect(server.objections).toEqual([]);
  });

  test('what it reads of images and files arrives, and what has no counterpart is refused by name', async () => {
    const { post, call, server } = await bench();
    await call('bedrock/llama', { messages: [{ role: 'user', content: [PDF] }] });
    expect(server.calls[0]?.request.messages[0]?.content).toContainEqual(PDF);
    const image = (url: string): object => ({ type: 'image', source: { type: 'url', url } });
    const asked = { model: 'bedrock/llama', max_tokens: 9 };
    const url = image('https://example.com/a.png');
    const refused = await post('/v1/messages', { ...asked, messages: [{ role: 'user', content: [url] }] });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('bedrock-converse cannot carry')]);
    expect(server.objections).toEqual([]);
  });

  test('a temperature that Converse refuses is the highest that it takes, and that is reported', async () => {
    const { gatewayUrl, server } = await bench();
    const answer = await fetch(`${gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'bedrock/llama',
        temperature: 1.7,
        top_p: 0.9,
        stop: ['', 'end'],
        messages: [{ role: 'user', content: 'hi' }],
      }),
    });
    expect([answer.status, answer.headers.get('x-pointsman-losses')]).toEqual([
      200,
      expect.stringContaining('sampling'),
    ]);
    expect(server.calls[0]?.body).toMatchObject({
      inferenceConfig: { temperature: 1, topP: 0.9, stopSequences: ['end'] },
    });
    expect(server.objections).toEqual([]);
  });

  test('usage has its buckets, and a prefix is marked by cache points', async () => {
    const { call } = await bench();
    const system = 'You are a careful engineer. '.repeat(400);
    const cacheMarkers = [{ messageIndex: 0, ttl: 'default', purpose: 'newest' }] as const;
    const first = await call('bedrock/nova', { system, cacheMarkers });
    const again = await call('bedrock/nova', { system, cacheMarkers });
    expect(first.usage?.cacheWriteTokens).toBeGreaterThan(1024);
    expect(again.usage).toMatchObject({ cacheReadTokens: first.usage?.cacheWriteTokens, cacheWriteTokens: 0 });
  });

  test.each([
    ['rate-limited', 'provider-rate-limited', 429],
    ['context-overflow', 'context-overflow', 400],
    ['overloaded-midway', 'provider-unavailable', 200],
    ['cut-stream', 'provider-unavailable', 200],
  ] as const)('%s is what it is, in a job and in the form of the caller', async (kind, code, expected) => {
    const { call, post } = await bench({ script: () => ({ text: 'a b c d e f', failure: { kind } }) });
    await expect(call('bedrock/llama')).rejects.toMatchObject({ code });
    const messages = [{ role: 'user', content: 'hi' }];
    const { status, text } = await post('/v1/messages', {
      model: 'bedrock/llama',
      max_tokens: 9,
      stream: true,
      messages,
    });
    expect([status, text]).toEqual([expected, expect.stringMatching(/"type":"error"/u)]);
  });
});

const MODEL: Model = aModel({ wire: 'bedrock-converse', efforts: ['low', 'high'], structuredOutput: true });
const REQUESTS: readonly (readonly [string, Partial<CallRequest>])[] = [
  ['words', { system: 'be brief', maxOutputTokens: 9 }],
  ['media', { messages: [{ role: 'user', content: [PNG, PDF, { type: 'text', text: 'look' }] }] }],
  [
    'tools',
    {
      tools: [aTool(), aTool('other', { description: '' })],
      toolChoice: 'required',
      messages: [
        aUserMessage('read'),
        anAssistantMessage(
          'so',
          aToolCall('read_file', { path: 'a' }),
          aToolCall('gone', { deep: [1, null] }, 'call.2'),
        ),
        aToolResult('read_file', 'text'),
        aToolResult('gone', 'no', { toolCallId: 'call.2', isError: true }),
      ],
    },
  ],
  ['one tool', { tools: [aTool()], toolChoice: { tool: 'read_file' } }],
  ['a form and an effort', { effort: 'high', responseSchema: { name: 'f', schema: { type: 'object' } } }],
  [
    'cache points',
    {
      system: 'You are careful. '.repeat(2000),
      tools: [aTool()],
      cacheMarkers: [{ messageIndex: 0, ttl: '1h', purpose: 'newest' }],
    },
  ],
  [
    'a thought of its own',
    {
      messages: [
        aUserMessage('a'),
        anAssistantMessage({
          type: 'thinking',
          text: 'hm',
          issued: { by: MODEL.id, wire: { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } } },
        }),
        aUserMessage('b'),
      ],
    },
  ],
];

describe('AWS’s own client', () => {
  interface Sent {
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | Uint8Array;
  }

  /** Its own kind of bytes warns when they are looked at as text. */
  const bytesOf = (body: string | Uint8Array): Buffer =>
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(Uint8Array.from(body));

  function clientBy(handle: (sent: Sent) => Promise<object>, endpoint = 'http://127.0.0.1:1'): BedrockRuntimeClient {
    const client = new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint,
      token: { token: API_KEY },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 1,
      requestHandler: { handle: async (sent: Sent) => ({ response: await handle(sent) }) } as never,
    });
    opened.push({ close: async () => client.destroy() });
    return client;
  }

  /** What the client sends for a request: whatever its service does not know, it leaves out. */
  async function sentByClient(input: ConverseStreamCommandInput): Promise<unknown> {
    const sent: string[] = [];
    const client = clientBy(async ({ body }) => {
      sent.push(bytesOf(body).toString());
      throw new Error('not sent');
    });
    await expect(client.send(new ConverseStreamCommand(input))).rejects.toThrow('not sent');
    return JSON.parse(sent[0] ?? '');
  }

  /** Over HTTP/1.1, which its own handler does not speak for this service. */
  const clientAt = (url: string): BedrockRuntimeClient =>
    clientBy(async ({ path, headers, body }) => {
      const answer = await fetch(url + path, { method: 'POST', headers, body: bytesOf(body) });
      return {
        statusCode: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: Readable.fromWeb(answer.body as ReadableStream),
      };
    }, url);

  test.each(REQUESTS)('writes %s as we do', async (_name, request) => {
    const { body } = encodeConverse(MODEL, aCallRequest(request));
    const input = JSON.parse(JSON.stringify(body), (key, value: unknown) =>
      key === 'bytes' ? Buffer.from(String(value), 'base64') : value,
    ) as ConverseStreamCommandInput;
    expect(await sentByClient({ ...input, modelId: 'm' })).toEqual(body);
  });

  test('is taken by the scripted Bedrock, and reads its answers', async () => {
    const script = () => ({ thinking: 'hm', text: 'ok', toolCalls: [{ name: 't', input: { a: 1 } }] });
    const server = await createScriptedServer({ cloud: bedrockCloud(CLOUD), script });
    opened.push(server);
    const client = clientAt(server.url);
    const input = {
      modelId: `us.${NOVA}`,
      messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }],
      toolConfig: { tools: [{ toolSpec: { name: 't', inputSchema: { json: { type: 'object' } } } }] },
    };
    const whole = await client.send(new ConverseCommand(input));
    expect(whole.output?.message?.content).toMatchObject([
      { reasoningContent: { reasoningText: { text: 'hm' } } },
      { text: 'ok' },
      { toolUse: { name: 't', input: { a: 1 } } },
    ]);
    const seen: string[] = [];
    const { stream } = await client.send(new ConverseStreamCommand(input));
    for await (const event of stream ?? []) seen.push(Object.keys(event)[0] ?? '');
    expect([...new Set(seen)]).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockStop',
      'contentBlockStart',
      'messageStop',
      'metadata',
    ]);
    expect(server.objections).toEqual([]);
  });
});
