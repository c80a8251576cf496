import { request as send } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import {
  CHAT,
  CLAUDE,
  EVERY_WIRE,
  GEMINI,
  GPT,
  type GatewayKit,
  type GatewayKitOptions,
} from '../testing/internal/gateway-kit.ts';
import { anAccessKey, closeAtEnd, openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { createGateway } from './create-gateway.ts';
import { GATEWAY_DEFAULTS } from './settings/gateway-settings.ts';

const answer = JSON.stringify({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-test',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1000, output_tokens: 100_000 },
});

async function kitOver(options: Partial<GatewayKitOptions> = {}): Promise<GatewayKit & { readonly bodies: string[] }> {
  const bodies: string[] = [];
  const { url } = await openVendor((response, { bytes }) => {
    bodies.push(bytes.toString());
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  return { ...(await openGatewayKit({ upstreamUrl: url, models: [CLAUDE], ...options })), bodies };
}

const ask = (content = 'x'): object => ({ model: 'auto', max_tokens: 5, messages: [{ role: 'user', content }] });
const GOOGLES = '/v1beta/models/auto:generateContent';
const PATHS = ['/v1/messages', '/v1/chat/completions', '/v1/responses', GOOGLES] as const;
/** The path that names a model: Google’s callers have it in their address. */
const toModel = (path: string, model: string): string => path.replace('/auto:', `/${encodeURIComponent(model)}:`);

describe('bodies', () => {
  test.each(PATHS)('%s answers every broken body with a 400 of its own dialect, and lives on', async (path) => {
    const kit = await kitOver();
    const broken: readonly (string | Buffer)[] = [
      '',
      '{',
      'null',
      '[]',
      '"text"',
      '{"model":5,"messages":[]}',
      '{"model":"auto"}'.replace('auto', ''),
      '{"model":"auto","messages":"none","input":7}',
      `{"model":"auto","messages":${'['.repeat(100_000)}`,
      Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    ];
    for (const body of broken) {
      const response = await fetch(kit.url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : new Uint8Array(body),
      });
      expect(response.status).toBe(400);
      const error = (await response.json()) as {
        readonly type?: string;
        readonly error: { readonly type?: string; readonly status?: string };
      };
      if (path === GOOGLES) expect(error.error.status).toBe('INVALID_ARGUMENT');
      else expect(error.error.type).toBe('invalid_request_error');
      expect(error.type).toBe(path === '/v1/messages' ? 'error' : undefined);
    }
    expect(kit.bodies).toEqual([]);
    expect((await fetch(`${kit.url}/healthz`)).status).toBe(200);
  });

  test('no JSON that parses makes any of the formats fail inside', async () => {
    const kit = await kitOver({ models: EVERY_WIRE });
    const part = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.record({
        type: fc.constantFrom(
          'text',
          'tool_use',
          'tool_result',
          'thinking',
          'image',
          'document',
          'function_call',
          'reasoning',
          'input_image',
          'namespace',
          'x',
        ),
        text: fc.jsonValue({ maxDepth: 1 }),
        content: fc.jsonValue({ maxDepth: 2 }),
        id: fc.jsonValue({ maxDepth: 0 }),
        source: fc.jsonValue({ maxDepth: 1 }),
      }),
    );
    const message = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({
        role: fc.constantFrom('user', 'assistant', 'system', 'tool', 'developer', 'x'),
        type: fc.constantFrom(
          'message',
          'reasoning',
          'function_call',
          'function_call_output',
          'tool_search_output',
          'x',
        ),
        content: fc.oneof(fc.string(), fc.array(part, { maxLength: 4 })),
      }),
    );
    const googles = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record(
        {
          text: fc.jsonValue({ maxDepth: 1 }),
          thought: fc.boolean(),
          thoughtSignature: fc.jsonValue({ maxDepth: 0 }),
          functionCall: fc.jsonValue({ maxDepth: 2 }),
          functionResponse: fc.oneof(
            fc.jsonValue({ maxDepth: 2 }),
            fc.record({ name: fc.string(), response: fc.jsonValue() }),
          ),
          inline_data: fc.jsonValue({ maxDepth: 1 }),
          fileData: fc.jsonValue({ maxDepth: 1 }),
        },
        { requiredKeys: [] },
      ),
    );
    const content = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.record({ role: fc.constantFrom('user', 'model', 'x'), parts: fc.array(googles, { maxLength: 4 }) }),
    );
    const body = fc.record({
      contents: fc.array(content, { maxLength: 4 }),
      generationConfig: fc.jsonValue({ maxDepth: 2 }),
      toolConfig: fc.jsonValue({ maxDepth: 2 }),
      systemInstruction: fc.jsonValue({ maxDepth: 2 }),
      messages: fc.array(message, { maxLength: 4 }),
      tools: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.array(part, { maxLength: 3 })),
      system: fc.jsonValue({ maxDepth: 2 }),
      thinking: fc.jsonValue({ maxDepth: 1 }),
      tool_choice: fc.jsonValue({ maxDepth: 1 }),
      max_tokens: fc.oneof(fc.double(), fc.maxSafeInteger()),
      metadata: fc.jsonValue({ maxDepth: 1 }),
      stop: fc.jsonValue({ maxDepth: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom(...PATHS),
        fc.constantFrom(CLAUDE.id, GPT.id, CHAT.id, GEMINI.id, 'auto'),
        async (fields, path, model) => {
          const response = await kit.post(toModel(path, model), { ...fields, input: fields.messages, model });
          await response.arrayBuffer();
          expect(response.status).not.toBe(500);
        },
      ),
      { numRuns: 150 },
    );
    expect(kit.warnings).toEqual([]);
  });

  test('a huge or packed body is held to the limit, a fair one is unpacked', async () => {
    const kit = await kitOver({ settings: { maxBodyBytes: 10_000 } });
    const large = JSON.stringify(ask('x'.repeat(20_000)));
    const send2 = async (body: string | Buffer, encoding?: string): Promise<number> => {
      const response = await fetch(`${kit.url}/v1/messages`, {
        method: 'POST',
        body: typeof body === 'string' ? body : new Uint8Array(body),
        headers: encoding === undefined ? {} : { 'content-encoding': encoding },
      });
      await response.arrayBuffer();
      return response.status;
    };
    expect(await send2(large)).toBe(413);
    expect(await send2(gzipSync(large), 'gzip')).toBe(413);
    expect(await send2(Buffer.from('not gzip'), 'gzip')).toBe(400);
    expect(await send2('{}', 'rot13')).toBe(415);
    expect(await send2(gzipSync(JSON.stringify(ask())), 'gzip')).toBe(200);
    expect(await send2(zstdCompressSync(JSON.stringify(ask())), 'zstd')).toBe(200);
    expect(await send2(gzipSync(JSON.stringify(ask())), 'GZip')).toBe(200);
    expect(await send2(gzipSync(JSON.stringify(ask())), 'x-gzip')).toBe(200);
    expect(await send2(JSON.stringify(ask()), 'Identity')).toBe(200);
  });

  test.each([
    ['the model', '{"model":"auto","messages":[{"role":"user","content":"x"}],"model":"claude-opus-test"}'],
    [
      'the model, escaped',
      '{"mod\\u0065l":"claude-opus-test","messages":[{"role":"user","content":"x"}],"model":"auto"}',
    ],
    ['the messages', '{"model":"auto","messages":[],"messages":[{"role":"user","content":"x"}]}'],
    ['a role', '{"model":"auto","messages":[{"role":"user","content":"x","role":"system"}]}'],
    [
      'a session',
      '{"model":"auto","messages":[{"role":"user","content":"x"}],"metadata":{"session_id":"a","session_id":"b"}}',
    ],
    [
      'the model, in another case',
      '{"model":"auto","MODEL":"claude-opus-test","messages":[{"role":"user","content":"x"}]}',
    ],
    [
      'the model, behind an invisible end',
      '{"model":"auto","model\\u0000x":"claude-opus-test","messages":[{"role":"user","content":"x"}]}',
    ],
    [
      'a limit, in letters that fold',
      '{"model":"auto","max_tokens":1,"max_to\\u212aen\\u017f":9999,"messages":[{"role":"user","content":"x"}]}',
    ],
    ['a prototype', '{"model":"auto","messages":[{"role":"user","content":"x"}],"__proto__":{},"__proto__":{"a":1}}'],
  ])('a body that names %s twice is refused, and goes nowhere', async (_what, body) => {
    const kit = await kitOver();
    expect((await kit.post('/v1/messages', body)).status).toBe(400);
    expect(kit.bodies).toEqual([]);
  });

  test('a name that a decision reads is not taken in another case, and others are nobody’s business', async () => {
    const kit = await kitOver();
    const { messages } = ask() as { readonly messages: unknown };
    for (const field of ['N', 'Previous_Response_Id', 'Stream', 'MaxTokens'.replace('T', '_T')]) {
      expect((await kit.post('/v1/messages', { model: 'auto', messages, [field]: 1 })).status).toBe(400);
    }
    expect(kit.bodies).toEqual([]);
    const tool = { name: 'a', input_schema: { type: 'object', properties: { Model: {}, model: {}, MODEL: {} } } };
    const fair = { ...ask(), ChatTemplate: 1, tools: [tool] };
    expect((await kit.post('/v1/messages', fair)).status).toBe(200);
  });

  test('a model’s name is written by us, however it was spelled', async () => {
    const kit = await kitOver();
    await kit.post(
      '/v1/messages',
      '{"mod\\u0065l":"claude\\u002dopus-test","messages":[{"role":"user","content":"x"}]}',
    );
    expect(kit.bodies[0]).toBe('{"mod\\u0065l":"claude-opus-test","messages":[{"role":"user","content":"x"}]}');
  });
});

describe('numbers', () => {
  const huge = ['1e999', '-1e999', '9'.repeat(400), '0.1e-999', '1E400', '-0', '123456789012345678901234567890.5'];

  test.each(PATHS)(
    '%s takes numbers beyond any that it can hold, here and across formats, and fails in no way',
    async (path) => {
      const kit = await kitOver({ models: EVERY_WIRE });
      const transcript =
        path === GOOGLES
          ? '"contents":[{"role":"user","parts":[{"text":"x"}]}]'
          : path === '/v1/responses'
            ? '"input":"x"'
            : '"messages":[{"role":"user","content":"x"}]';
      for (const number of huge) {
        for (const model of EVERY_WIRE) {
          const fields = [
            'max_tokens',
            'max_completion_tokens',
            'max_output_tokens',
            'temperature',
            'top_p',
            'seed',
            'n',
          ];
          const body = `{"model":"${model.id}",${transcript},${fields.map((field) => `"${field}":${number}`).join(',')},"thinking":{"type":"enabled","budget_tokens":${number}},"generationConfig":{"maxOutputTokens":${number},"temperature":${number},"thinkingConfig":{"thinkingBudget":${number}}}}`;
          const response = await fetch(kit.url + toModel(path, model.id), { method: 'POST', body });
          await response.arrayBuffer();
          expect([200, 400, 502]).toContain(response.status);
          const sent = kit.bodies.at(-1) ?? '';
          expect(() => JSON.parse(sent) as unknown).not.toThrow();
          expect(sent).not.toContain('Infinity');
          // Inside one format the digits are not ours to change.
          if (path === '/v1/messages' && model === CLAUDE) expect(sent).toContain(`"max_tokens":${number},`);
        }
      }
      expect(kit.warnings).toEqual([]);
    },
  );
});

describe('connections', () => {
  const raw = async (url: string, text: string): Promise<string> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let received = '';
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString();
      });
      socket.on('close', () => resolve(received));
      socket.on('error', () => resolve(received));
    });

  test('broken HTTP, huge headers and WebSockets are answered and closed', async () => {
    const kit = await kitOver();
    expect(await raw(kit.url, 'NONSENSE\r\n\r\n')).toContain('400 Bad Request');
    expect(await raw(kit.url, `GET / HTTP/1.1\r\nx: ${'y'.repeat(64 * 1024)}\r\n\r\n`)).toContain('431');
    const upgrade =
      'GET /v1/responses HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: eA==\r\n\r\n';
    expect(await raw(kit.url, upgrade)).toContain('426 Upgrade Required');
  });

  test('slow senders are cut off, and leave nothing behind', async () => {
    const kit = await kitOver({ settings: { headersTimeoutMs: 200, requestTimeoutMs: 400 } });
    const slowHead = raw(kit.url, 'POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    const slowBody = raw(kit.url, 'POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{"mo');
    expect(await slowHead).toContain('408');
    expect(await slowBody).toContain('408');
    expect((await kit.post('/v1/messages', ask())).status).toBe(200);
  });

  // A half-closed socket cannot be told from a closed one before something is written: who closes has left.
  test('a caller that closes its side after a whole request has left, and is booked so', async () => {
    const kit = await kitOver();
    const { hostname, port } = new URL(kit.url);
    const body = JSON.stringify(ask());
    const received = await new Promise<string>((resolve) => {
      const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
      socket.end(
        `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    expect(received).toBe('');
    expect((await kit.post('/v1/messages', ask())).status).toBe(200);
    expect(kit.calls.map((call) => call.errorCode).filter((code) => code !== undefined)).toEqual(
      kit.calls.length === 2 ? ['aborted'] : [],
    );
  });

  test('half-closed and idle connections do no harm', async () => {
    const kit = await kitOver();
    const { hostname, port } = new URL(kit.url);
    const sockets = await Promise.all(
      Array.from(
        { length: 300 },
        async () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(Number(port), hostname, () => resolve(socket));
            socket.on('error', () => undefined);
          }),
      ),
    );
    for (const socket of sockets.slice(0, 100)) socket.end('POST /v1/messages HTTP/1.1\r\n');
    expect((await kit.post('/v1/messages', ask())).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

describe('the door', () => {
  test('another address than loopback demands access keys', () => {
    const settings = { ...GATEWAY_DEFAULTS, host: '0.0.0.0' };
    const deps = { settings, accessKeys: [] } as unknown as Parameters<typeof createGateway>[0];
    expect(() => createGateway(deps)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });

  const get = async (url: string, headers: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve) => {
      send(url, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).end();
    });

  test('names that were bound to this machine and foreign web pages are turned away', async () => {
    const kit = await kitOver({
      settings: { allowedHosts: ['gateway.example'], allowedOrigins: ['https://page.example'] },
    });
    const url = `${kit.url}/v1/models`;
    expect(await get(url, { host: 'evil.example' })).toBe(421);
    expect(await get(url, { host: 'localhost.evil.example' })).toBe(421);
    expect(await get(url, { host: 'localhost:1' })).toBe(200);
    expect(await get(url, { host: 'gateway.example' })).toBe(200);
    expect(await get(url, { origin: 'https://evil.example' })).toBe(403);
    expect(await get(url, { origin: 'null' })).toBe(403);
    expect(await get(url, { origin: 'https://page.example' })).toBe(200);
  });

  test('with access keys, only their tokens open it, within rate, budget and allow list', async () => {
    const [limited, poor, narrow] = [
      anAccessKey({ requestsPerMinute: 2 }),
      anAccessKey({ budgetNanoUsd: nanoFromUsd(0.5) }),
      anAccessKey({ allowModels: ['another-model'] }),
    ];
    const kit = await kitOver({ deps: { accessKeys: [limited.key, poor.key, narrow.key] } });
    const status = async (token: string | undefined, model = 'auto'): Promise<number> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await kit.post('/v1/messages', { ...ask(), model }, headers);
      await response.arrayBuffer();
      return response.status;
    };
    expect(await status(undefined)).toBe(401);
    expect(await status(`${limited.token}x`)).toBe(401);
    expect([await status(limited.token), await status(limited.token), await status(limited.token)]).toEqual([
      200, 200, 429,
    ]);
    expect([await status(poor.token), await status(poor.token)]).toEqual([200, 402]);
    expect(await status(narrow.token, CLAUDE.id)).toBe(404);
    expect(await status(narrow.token)).toBe(422);
    expect(kit.bodies).toHaveLength(3);
  });

  test('a burst of first calls with one key is let in whole', async () => {
    const { key, token } = anAccessKey();
    const kit = await kitOver({ deps: { accessKeys: [key] } });
    const calls = Array.from({ length: 200 }, async () => {
      const response = await kit.post('/v1/messages', ask(), { 'x-api-key': token });
      await response.arrayBuffer();
      return response.status;
    });
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
  });

  test('subscription tokens are refused in every form, and reach neither vendor nor record', async () => {
    const kit = await kitOver();
    const token = 'sk-ant-oat01-abcdefghijklmnop';
    const claims = Buffer.from('{"https:\\/\\/api.openai.com\\/auth":{"plan":"plus"}}').toString('base64url');
    const signIn = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${claims}.c2ln`;
    const forms: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['', { authorization: `Bearer ${token}` }],
      ['', { authorization: token }],
      ['', { authorization: `Basic ${Buffer.from(`u:${token}`).toString('base64')}` }],
      ['', { 'x-api-key': token }],
      ['', { 'api-key': token }],
      ['', { 'x-goog-api-key': token }],
      ['', { 'x-auth-of-somebody': `Token ${token}` }],
      ['', { cookie: 'sessionKey=sk-ant-sid01-oat01' }],
      [`?key=${token}`, {}],
      ['?key=sk%2dant%2doat01-abc', {}],
      ['?key=sk%252dant%252doat01-abc', {}],
      ['', { authorization: `Basic ${Buffer.from(`u:${signIn}`).toString('base64')}` }],
      ['', { authorization: `Bearer ${signIn}` }],
    ];
    for (const [search, headers] of forms) {
      const response = await kit.post(`/v1/messages${search}`, ask(), headers);
      expect(response.status).toBe(403);
      expect(await response.text()).not.toContain(token);
    }
    expect(kit.bodies).toEqual([]);
    expect(JSON.stringify([kit.calls, kit.steps, kit.warnings])).not.toContain('oat01');
  });

  test.each<readonly [(typeof PATHS)[number], (token: string) => object]>([
    ['/v1/messages', (token) => ({ mcp_servers: [{ type: 'url', url: 'https://a.b', authorization_token: token }] })],
    ['/v1/messages', (token) => ({ mcp_servers: [{ type: 'url', url: `https://a.b/?key=${token}` }] })],
    ['/v1/responses', (token) => ({ tools: [{ type: 'mcp', headers: { Authorization: `Bearer ${token}` } }] })],
    ['/v1/responses', (token) => ({ tools: [{ type: 'mcp', authorization: token }] })],
    ['/v1/responses', (token) => ({ tools: [{ type: 'mcp', server_url: `https://a.b/${token}` }] })],
    [
      GOOGLES,
      (token) => ({
        tools: [
          { mcpServers: [{ streamableHttpTransport: { url: 'https://a.b', headers: { Authorization: token } } }] },
        ],
      }),
    ],
  ])('%s hands no tool server a subscription token', async (path, more) => {
    const kit = await kitOver({ models: [CLAUDE, GPT] });
    const token = 'sk-ant-oat01-abcdefghijklmnop';
    const response = await kit.post(path, { ...ask(token), input: token, ...more(token) });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/subscription token(?!.*oat01)/u);
    expect(kit.bodies).toEqual([]);
    const counted = await kit.post(`${path}/count_tokens`, { ...ask(token), ...more(token) });
    if (path === '/v1/messages') expect([counted.status, kit.bodies]).toEqual([400, []]);
    // A conversation may speak of one.
    expect((await kit.post('/v1/messages', ask(token))).status).toBe(200);
  });
});

describe('response cache', () => {
  test('answers a marked request from memory, and only the same request of the same tenant', async () => {
    const keys = [anAccessKey(), anAccessKey()];
    const kit = await kitOver({ deps: { accessKeys: keys.map(({ key }) => key) } });
    const post = async (
      who: number,
      body: object,
      extra: Readonly<Record<string, string>> = {},
    ): Promise<string | null> => {
      const headers = { authorization: `Bearer ${keys[who]?.token ?? ''}`, 'x-pointsman-cache': 'exact', ...extra };
      const response = await kit.post('/v1/messages', body, headers);
      expect(await response.text()).toBe(answer);
      return response.headers.get('x-pointsman-cache');
    };
    expect(await post(0, ask())).toBeNull();
    expect(await post(0, ask())).toBe('hit');
    expect(await post(1, ask())).toBeNull();
    expect(await post(0, ask('y'))).toBeNull();
    expect(await post(0, ask(), { 'anthropic-beta': 'other' })).toBeNull();
    expect(await post(0, ask(), { 'x-pointsman-cache': 'off' })).toBeNull();
    expect(kit.bodies).toHaveLength(5);
  });

  test.each(PATHS)('remembers whole streams of %s, translated ones too, and gives them as they were', async (path) => {
    const scripted = await createScriptedServer({ models: [CLAUDE, CHAT], script: () => ({ text: 'words' }) });
    closeAtEnd(scripted);
    const kit = await openGatewayKit({ upstreamUrl: scripted.url, models: [CLAUDE, CHAT] });
    for (const model of [CLAUDE, CHAT]) {
      const asked = path === '/v1/responses' ? { input: 'x' } : ask();
      const isGoogles = path === GOOGLES;
      const place = isGoogles ? `/v1beta/models/${model.id}:streamGenerateContent?alt=sse` : path;
      const body = isGoogles
        ? { contents: [{ role: 'user', parts: [{ text: 'x' }] }] }
        : { ...asked, model: model.id, stream: true };
      const texts: string[] = [];
      for (const expected of [null, 'hit']) {
        const response = await kit.post(place, body, { 'x-pointsman-cache': 'exact' });
        expect(response.headers.get('x-pointsman-cache')).toBe(expected);
        texts.push(await response.text());
      }
      expect(texts[0]).toContain('words');
      expect(texts[1]).toBe(texts[0]);
    }
    expect(scripted.calls).toHaveLength(2);
  });

  test('without a mark nothing is remembered, unless read-only requests are set to be', async () => {
    const kit = await kitOver();
    for (let count = 0; count < 2; count++) await (await kit.post('/v1/messages', { ...ask(), temperature: 0 })).text();
    expect(kit.bodies).toHaveLength(2);
    const willing = await kitOver({ settings: { cache: { mode: 'read-only', ttlMs: 1000, maxBytes: 1e6 } } });
    for (let count = 0; count < 2; count++)
      await (await willing.post('/v1/messages', { ...ask(), temperature: 0 })).text();
    expect(willing.bodies).toHaveLength(1);
    for (let count = 0; count < 2; count++)
      await (await willing.post('/v1/messages', { ...ask(), temperature: 0, tools: [{ name: 't' }] })).text();
    expect(willing.bodies).toHaveLength(3);
  });
});
