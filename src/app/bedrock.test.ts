import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createScriptedServer, type ScriptedServerOptions } from '../providers/scripted/scripted-server.ts';
import { aTool, aToolCall } from '../testing/index.ts';
import { bedrockCloud, type BedrockCloudOptions } from '../testing/internal/clouds/bedrock-cloud.ts';
import { openCloudBench, type CloudBench, type CloudBenchOptions } from '../testing/internal/clouds/cloud-bench.ts';

const KEY = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret-of-the-test', sessionToken: 'session-token' };
const CLAUDE = 'anthropic.claude-sonnet-5-v1:0';
const CLOUD: BedrockCloudOptions = {
  region: 'eu-central-1',
  keys: [KEY],
  apiKeys: ['bedrock-api-key-123456'],
  models: { [CLAUDE]: 'claude-sonnet-5' },
};
const ARN = `arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${CLAUDE}`;
const said = { role: 'user', content: 'hi' };

const opened: { close(): Promise<void> }[] = [];
beforeEach(() => {
  for (const name of ['AWS_PROFILE', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_BEARER_TOKEN_BEDROCK'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  setKeys(KEY);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of opened.splice(0)) await one.close();
});

/** AWS's own package reads the environment of the process. */
function setKeys(key: Partial<typeof KEY>): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', key.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', key.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', key.sessionToken);
}

const yamlOf = (model: string, more = ''): string => `
endpoints:
  aws-bedrock: { host: bedrock, region: eu-central-1, baseUrl: URL, ${more} }
models:
  - id: bedrock/claude
    endpoint: aws-bedrock
    wireModel: "${model}"
    vendor: anthropic
    family: claude
    cacheRule: anthropic
    cacheMinTokens: 1024
    usdPerMTok: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }
    contextTokens: 200000
    toolCalling: true
    inputModalities: [text, image]
    efforts: [low, high]
`;

async function bench(
  options: Partial<CloudBenchOptions> & { readonly model?: string; readonly more?: string } = {},
): Promise<CloudBench> {
  const { model = `eu.${CLAUDE}`, more, ...rest } = options;
  const script = () => ({ thinking: 'hm', text: 'from bedrock' });
  const one = await openCloudBench({ cloud: bedrockCloud(CLOUD), script, yaml: yamlOf(model, more), ...rest });
  opened.push(one);
  return one;
}

describe.each([
  ['an inference profile of the geography', `eu.${CLAUDE}`],
  ['a global one', `global.${CLAUDE}`],
  ['the ARN of one', ARN],
])('Claude at Bedrock by %s', (_name, model) => {
  test('answers a job, and callers of every format, streamed and whole', async () => {
    const { call, post, server } = await bench({ model });
    expect((await call('bedrock/claude')).message.content).toContainEqual({ type: 'text', text: 'from bedrock' });
    for (const stream of [true, false]) {
      const answers = [
        await post('/v1/messages', { model: 'bedrock/claude', stream, max_tokens: 50, messages: [said] }),
        await post('/v1/chat/completions', { model: 'bedrock/claude', stream, messages: [said] }),
        await post('/v1/responses', { model: 'bedrock/claude', stream, input: 'hi' }),
      ];
      for (const { status, text } of answers) expect([status, text]).toEqual([200, expect.stringContaining('drock')]);
    }
    expect(server.objections).toEqual([]);
    expect(server.calls.length).toBe(7);
  });
});

describe('tokens of Claude at Bedrock', () => {
  const count = async ({ gatewayUrl }: CloudBench, body: object): Promise<readonly [unknown, string | null]> => {
    const answer = await fetch(`${gatewayUrl}/v1/messages/count_tokens`, {
      method: 'POST',
      body: JSON.stringify({ messages: [said], ...body }),
    });
    return [await answer.json(), answer.headers.get('x-pointsman-estimate')];
  };

  test.each(['bedrock/claude', 'auto'])('are counted there for %s, thinking and all', async (model) => {
    const one = await bench({ cloud: bedrockCloud({ ...CLOUD, counts: [CLAUDE] }) });
    const thinking = { type: 'enabled', budget_tokens: 2000 };
    for (const more of [{}, { max_tokens: 9000, thinking }, { thinking }]) {
      expect(await count(one, { model, ...more })).toEqual([{ input_tokens: expect.any(Number) as number }, null]);
    }
    expect(one.server.objections).toEqual([]);
  });

  test('are estimated, and that is said, where it counts none', async () => {
    const one = await bench();
    expect(await count(one, { model: 'bedrock/claude' })).toEqual([
      { input_tokens: expect.any(Number) as number },
      'bytes/4',
    ]);
    expect(one.server.calls).toEqual([]);
  });

  test('AWS’s own client asks for them as we do', async () => {
    const one = await bench({ cloud: bedrockCloud({ ...CLOUD, counts: [CLAUDE] }) });
    const { BedrockRuntimeClient, CountTokensCommand } = await import('@aws-sdk/client-bedrock-runtime');
    interface Sent {
      readonly path: string;
      readonly headers: Record<string, string>;
      readonly body: string;
    }
    const handle = async ({ path: where, headers, body }: Sent): Promise<object> => {
      const { host: _host, 'content-length': _length, ...others } = headers;
      const answer = await fetch(one.server.url + where, { method: 'POST', headers: others, body });
      const response = {
        statusCode: answer.status,
        headers: {},
        body: Readable.from([Buffer.from(await answer.text())]),
      };
      return { response };
    };
    const requestHandler = { handle } as never;
    const client = new BedrockRuntimeClient({ region: 'eu-central-1', endpoint: one.server.url, requestHandler });
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 1, messages: [said] };
    const command = new CountTokensCommand({
      modelId: `eu.${CLAUDE}`,
      input: { invokeModel: { body: Buffer.from(JSON.stringify(body)) } },
    });
    const { inputTokens } = await client.send(command);
    expect(await count(one, { model: 'bedrock/claude' })).toEqual([{ input_tokens: inputTokens }, null]);
  });
});

test('usage has its four buckets, and the mark on the prefix is Bedrock’s own', async () => {
  const { call } = await bench();
  const system = 'You are a careful engineer. '.repeat(400);
  const cacheMarkers = [{ messageIndex: 0, ttl: 'default', purpose: 'newest' }] as const;
  const first = await call('bedrock/claude', { system, cacheMarkers });
  const again = await call('bedrock/claude', { system, cacheMarkers });
  expect(first.usage?.cacheWriteTokens).toBeGreaterThan(1024);
  expect(again.usage).toMatchObject({ cacheReadTokens: first.usage?.cacheWriteTokens, cacheWriteTokens: 0 });
});

test('calls of tools arrive whole', async () => {
  const script = () => ({ toolCalls: [{ name: 'read_file', input: { path: 'ü.ts' } }] });
  const { call } = await bench({ script });
  const { message, finishReason } = await call('bedrock/claude', { tools: [aTool()] });
  expect(finishReason).toBe('tool-calls');
  expect(message.content).toContainEqual(
    expect.objectContaining({ ...aToolCall('read_file', { path: 'ü.ts' }), toolCallId: expect.any(String) }),
  );
});

test('a caller’s beta flags go into the body, those that Bedrock knows', async () => {
  const { gatewayUrl, server } = await bench();
  const answer = await fetch(`${gatewayUrl}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      'anthropic-beta': 'claude-code-20250219, interleaved-thinking-2025-05-14',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify({ model: 'bedrock/claude', max_tokens: 9, messages: [said] }),
  });
  expect([answer.status, server.objections]).toEqual([200, []]);
  expect(Object.keys(server.calls[0]?.headers ?? {}).filter((name) => name.startsWith('anthropic'))).toEqual([]);
  expect(answer.headers.get('x-pointsman-losses')).toContain('headers.betas');
});

describe('credentials', () => {
  test('a Bedrock API key opens it without a signature', async () => {
    setKeys({});
    const { call, server } = await bench({ env: { AWS_BEARER_TOKEN_BEDROCK: 'bedrock-api-key-123456' } });
    await call('bedrock/claude');
    expect(server.objections).toEqual([]);
  });

  test('a profile of the shared configuration is read where it is named', async () => {
    setKeys({});
    const home = mkdtempSync(path.join(tmpdir(), 'aws-'));
    opened.push({ close: async () => rmSync(home, { recursive: true }) });
    const lines = [
      '[work]',
      `aws_access_key_id = ${KEY.accessKeyId}`,
      `aws_secret_access_key = ${KEY.secretAccessKey}`,
      `aws_session_token = ${KEY.sessionToken}`,
    ];
    writeFileSync(path.join(home, 'credentials'), lines.join('\n'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(home, 'credentials'));
    vi.stubEnv('AWS_CONFIG_FILE', path.join(home, 'config'));
    const { call, server } = await bench({ more: 'profile: work' });
    await call('bedrock/claude');
    expect(server.objections).toEqual([]);
  });

  test.each([
    ['another secret', { ...KEY, secretAccessKey: 'wrong' }, /does not match/u],
    ['an unknown key', { ...KEY, accessKeyId: 'AKIDOTHER' }, /token included in the request is invalid/u],
  ])('%s is refused, and named as such', async (_name, key, words) => {
    setKeys(key);
    const { call, post, server } = await bench();
    await expect(call('bedrock/claude')).rejects.toMatchObject({ code: 'provider-auth' });
    const { status, text } = await post('/v1/messages', { model: 'bedrock/claude', max_tokens: 9, messages: [said] });
    expect([status, text]).toEqual([502, expect.stringContaining('"type":"error"')]);
    expect(server.objections.join()).toMatch(words);
  });

  test('an ended session token is refused as AWS refuses it', async () => {
    const cloud = bedrockCloud({ ...CLOUD, keys: [{ ...KEY, endsAt: Date.now() - 1 }] });
    const { call, server } = await bench({ cloud });
    await expect(call('bedrock/claude')).rejects.toMatchObject({ code: 'provider-auth' });
    expect(server.objections.join()).toContain('expired');
  });

  test('where there are none, the error says how to get some, and nothing goes out', async () => {
    setKeys({});
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    const { call, server } = await bench();
    await expect(call('bedrock/claude')).rejects.toMatchObject({
      code: 'provider-auth',
      hint: expect.stringContaining('aws sso login'),
    });
    expect(server.objections).toEqual([]);
  });
});

describe('failures', () => {
  test.each([
    ['rate-limited', 'provider-rate-limited', 429],
    ['context-overflow', 'context-overflow', 400],
    ['overloaded-midway', 'provider-unavailable', 200],
    ['cut-stream', 'provider-unavailable', 200],
  ] as const)('%s is what it is, in a job and in the form of the caller', async (kind, code, expected) => {
    const { call, post } = await bench({ script: () => ({ text: 'a b c d e f', failure: { kind } }) });
    await expect(call('bedrock/claude')).rejects.toMatchObject({ code });
    const body = { model: 'bedrock/claude', max_tokens: 9, stream: true, messages: [said] };
    const { status, text } = await post('/v1/messages', body);
    expect([status, text]).toEqual([expected, expect.stringMatching(/"type":"error"/u)]);
  });
});

test('a model of another geography is refused in the words of Bedrock', async () => {
  const { post } = await bench({ model: `us.${CLAUDE}` });
  const { status, text } = await post('/v1/messages', { model: 'bedrock/claude', max_tokens: 9, messages: [said] });
  expect([status, text]).toEqual([400, expect.stringContaining('model identifier is invalid')]);
});

describe('the scripted Bedrock', () => {
  async function scripted(options: ScriptedServerOptions = {}): Promise<AnthropicBedrock> {
    const server = await createScriptedServer({
      cloud: bedrockCloud(CLOUD),
      script: () => ({ text: 'ok' }),
      ...options,
    });
    opened.push(server);
    const { accessKeyId: awsAccessKey, secretAccessKey: awsSecretKey, sessionToken: awsSessionToken } = KEY;
    const keys = { awsAccessKey, awsSecretKey, awsSessionToken };
    return new AnthropicBedrock({ baseURL: server.url, awsRegion: 'eu-central-1', maxRetries: 0, ...keys });
  }
  const messages = [{ role: 'user' as const, content: 'hi' }];

  test('takes what the official client sends, and answers in a form that it reads', async () => {
    const client = await scripted();
    const body = { model: ARN, max_tokens: 9, messages };
    expect((await client.messages.create(body)).content).toMatchObject([{ type: 'text', text: 'ok' }]);
    expect(await client.messages.stream(body).finalText()).toBe('ok');
  });

  test.each([
    ['another region', { awsRegion: 'us-east-1' }],
    ['another secret', { awsSecretKey: 'x' }],
  ])('refuses a signature of %s', async (_name, change) => {
    const client = (await scripted()).withOptions({
      awsAccessKey: KEY.accessKeyId,
      awsSecretKey: KEY.secretAccessKey,
      awsSessionToken: KEY.sessionToken,
      ...change,
    });
    await expect(client.messages.create({ model: ARN, max_tokens: 9, messages })).rejects.toMatchObject({
      status: 403,
    });
  });

  test('refuses a signature that is five minutes old', async () => {
    const late = bedrockCloud({ ...CLOUD, clock: () => Date.now() + 301_000 });
    const client = await scripted({ cloud: late });
    await expect(client.messages.create({ model: ARN, max_tokens: 9, messages })).rejects.toMatchObject({
      status: 403,
    });
  });
});
