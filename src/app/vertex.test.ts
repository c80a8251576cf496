import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { GoogleGenAI } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aTool } from '../testing/index.ts';
import { openCloudBench, type CloudBench, type CloudBenchOptions } from '../testing/internal/clouds/cloud-bench.ts';
import { vertexCloud, type VertexCloudOptions } from '../testing/internal/clouds/vertex-cloud.ts';

const CLOUD: VertexCloudOptions = {
  project: 'our-project',
  region: 'global',
  isGood: (token) => token === newest,
  models: {
    'claude-sonnet-5@20260601': 'claude-sonnet-5',
    'gemini-3.8-flash': 'gemini-3.8-flash',
    'meta/llama-4-maverick-17b-128e-instruct-maas': 'llama-4-maverick',
  },
};
const said = { role: 'user', content: 'hi' };

/** The one token that Vertex takes: of the identity's newest answer. */
let newest = '';
let asked: string[] = [];
const opened: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  asked = [];
  const metadata = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('metadata-flavor', 'Google');
    if (request.url?.endsWith('/project-id') === true) return response.end('our-project');
    if (request.url?.includes('/token') !== true) return response.end('{}');
    newest = `token-${asked.length}`;
    // So short that it is renewed for every call.
    const answer = { access_token: newest, expires_in: 60, token_type: 'Bearer' };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => void metadata.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: async () => {
      metadata.closeAllConnections();
      metadata.close();
    },
  });
  vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(metadata.address() as AddressInfo).port}`);
  vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
  vi.stubEnv('CLOUDSDK_CONFIG', '/nowhere');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of opened.splice(0).toReversed()) await one.close();
});

const yamlOf = (more = ''): string => `
endpoints:
  vertex: { host: vertex, baseUrl: URL, ${more} }
models:
  - { id: vertex/claude, endpoint: vertex, wire: anthropic-messages, wireModel: "claude-sonnet-5@20260601", vendor: anthropic, family: claude, cacheRule: anthropic, cacheMinTokens: 1024, usdPerMTok: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }, contextTokens: 200000, toolCalling: true }
  - { id: vertex/gemini, endpoint: vertex, wire: gemini-generate-content, wireModel: gemini-3.8-flash, vendor: google, family: gemini, usdPerMTok: { input: 1, output: 4 }, contextTokens: 1000000, toolCalling: true }
  - { id: vertex/llama, endpoint: vertex, wireModel: meta/llama-4-maverick-17b-128e-instruct-maas, vendor: meta, family: llama, usdPerMTok: { input: 0.35, output: 1.15 }, contextTokens: 500000, toolCalling: true }
`;

async function bench(options: Partial<CloudBenchOptions> & { readonly more?: string } = {}): Promise<CloudBench> {
  const { more, ...rest } = options;
  const one = await openCloudBench({
    cloud: vertexCloud(CLOUD),
    script: () => ({ text: 'from vertex' }),
    yaml: yamlOf(more),
    ...rest,
  });
  opened.push(one);
  return one;
}

describe.each(['vertex/claude', 'vertex/gemini', 'vertex/llama'])('%s', (model) => {
  test('answers a job, and callers of every format, streamed and whole, with a token that is renewed', async () => {
    const { call, post, server } = await bench();
    expect((await call(model)).message.content).toMatchObject([{ type: 'text', text: 'from vertex' }]);
    for (const stream of [true, false]) {
      const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
      const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      const answers = [
        await post('/v1/messages', { model, stream, max_tokens: 50, messages: [said] }),
        await post('/v1/chat/completions', { model, stream, messages: [said] }),
        await post('/v1/responses', { model, stream, input: 'hi' }),
        await post(`/v1beta/models/${encodeURIComponent(model)}:${method}`, { contents }),
      ];
      for (const { status, text } of answers) expect([status, text]).toEqual([200, expect.stringContaining('rtex')]);
    }
    expect(server.objections).toEqual([]);
    expect(asked.filter((url) => url.includes('/token')).length).toBe(9);
  });

  test('calls of tools arrive whole, and their results go back', async () => {
    const script = () => ({ toolCalls: [{ name: 'read_file', input: { path: 'ü.ts' } }] });
    const { call, server } = await bench({ script });
    const { message } = await call(model, { tools: [aTool()] });
    const [made] = message.content.filter((part) => part.type === 'tool-call');
    expect(made).toMatchObject({ toolName: 'read_file', input: { path: 'ü.ts' } });
    const content = [{ type: 'text', text: 'x' }] as const;
    const result = { type: 'tool-result', toolName: 'read_file', content, isError: false } as const;
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'read' }] },
      message,
      { role: 'user', content: [{ ...result, toolCallId: made?.toolCallId ?? '' }] },
    ] as const;
    await call(model, { tools: [aTool()], messages });
    expect(server.objections).toEqual([]);
  });
});

test.each([
  ['vertex/claude', '/v1/messages/count_tokens', { messages: [said] }, 'input_tokens'],
  [
    'vertex/gemini',
    '/v1beta/models/vertex%2Fgemini:countTokens',
    { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    'totalTokens',
  ],
  [
    'vertex/gemini',
    '/v1beta/models/vertex%2Fgemini:countTokens',
    {
      generateContentRequest: { model: 'models/vertex/gemini', contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    },
    'totalTokens',
  ],
])('tokens of %s are counted by Vertex at %s', async (model, where, body, field) => {
  const { gatewayUrl } = await bench();
  const answer = await fetch(gatewayUrl + where, { method: 'POST', body: JSON.stringify({ model, ...body }) });
  expect(await answer.json()).toEqual({ [field]: expect.any(Number) as number });
  expect([answer.status, answer.headers.get('x-pointsman-estimate')]).toEqual([200, null]);
});

test('tokens are estimated, and that is said, where Vertex refuses to count them', async () => {
  const { gatewayUrl } = await bench({ more: 'region: europe-west1' });
  const body = JSON.stringify({ model: 'vertex/claude', messages: [said] });
  const answer = await fetch(`${gatewayUrl}/v1/messages/count_tokens`, { method: 'POST', body });
  expect([answer.status, answer.headers.get('x-pointsman-estimate')]).toEqual([200, 'bytes/4']);
});

test('a token that is no good is refused, and the caller gets that in its own form', async () => {
  const { call, post } = await bench({ cloud: vertexCloud({ ...CLOUD, isGood: () => false }) });
  await expect(call('vertex/claude')).rejects.toMatchObject({ code: 'provider-auth' });
  const { status, text } = await post('/v1/messages', { model: 'vertex/claude', max_tokens: 9, messages: [said] });
  expect([status, text]).toEqual([502, expect.stringContaining('"type":"error"')]);
});

test('another project or region is refused in the words of Google, in the form of the caller', async () => {
  const { post } = await bench({ more: 'project: another' });
  const answer = await post('/v1/messages', { model: 'vertex/claude', max_tokens: 9, messages: [said] });
  expect(answer.status).toBe(502);
  const { post: elsewhere } = await bench({ more: 'region: europe-west1' });
  const { status, text } = await elsewhere('/v1/messages', { model: 'vertex/claude', max_tokens: 9, messages: [said] });
  expect([status, text]).toEqual([404, expect.stringMatching(/"type":"error".*was not found/u)]);
});

test('without credentials the error says how to get some, and nothing goes out', async () => {
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
  const { call, server } = await bench({ more: 'project: our-project' });
  await expect(call('vertex/claude')).rejects.toMatchObject({
    code: 'provider-auth',
    hint: expect.stringContaining('gcloud auth application-default login'),
  });
  expect(server.objections).toEqual([]);
});

describe('a program called gcloud', () => {
  /** A machine whose PATH has one, which leaves a mark and names another project. */
  function machine(): { readonly file: (name: string, text: string) => string; readonly mark: string } {
    const folder = mkdtempSync(path.join(tmpdir(), 'gcloud-'));
    opened.push({ close: async () => rmSync(folder, { recursive: true, force: true }) });
    const file = (name: string, text: string): string => {
      writeFileSync(path.join(folder, name), text, { mode: 0o700 });
      return path.join(folder, name);
    };
    const mark = path.join(folder, 'started');
    const said = { configuration: { properties: { core: { project: 'another' } } } };
    file('gcloud', `#!/bin/sh\ntouch "${mark}"\necho '${JSON.stringify(said)}'\n`);
    vi.stubEnv('PATH', `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`);
    return { file, mark };
  }

  test.each(['project: our-project', ''])('is never started, with "%s" in the configuration', async (more) => {
    const { mark } = machine();
    const { call } = await bench({ more });
    expect((await call('vertex/claude')).message.content).toMatchObject([{ text: 'from vertex' }]);
    expect(existsSync(mark)).toBe(false);
  });

  test('is not needed to know the project of who is signed in', async () => {
    const { file, mark } = machine();
    const person = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
    const signedIn = file('person.json', JSON.stringify({ ...person, quota_project_id: 'our-project' }));
    const { call, server } = await bench({
      more: `apiKeyName: TOKEN, credentialsFile: "${signedIn}"`,
      env: { TOKEN: 'given' },
    });
    newest = 'given';
    await call('vertex/claude');
    expect(server.objections).toEqual([]);
    expect(existsSync(mark)).toBe(false);
  });
});

test('a credentials file that is none is refused without a word of it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'account-'));
  opened.push({ close: async () => rmSync(folder, { recursive: true, force: true }) });
  const file = path.join(folder, 'account.json');
  writeFileSync(file, '{"private_key": s3cret-of-the-account}');
  const { call } = await bench({ more: `project: our-project, credentialsFile: "${file}"` });
  const thrown: unknown = await call('vertex/claude').catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'provider-auth', message: expect.stringContaining('is not JSON') });
  expect(String(thrown)).not.toContain('s3cret');
});

describe('the scripted Vertex AI takes what official clients send', () => {
  async function scripted(): Promise<ScriptedServer> {
    newest = 'given';
    const server = await createScriptedServer({ cloud: vertexCloud(CLOUD), script: () => ({ text: 'ok' }) });
    opened.push(server);
    return server;
  }
  function signedIn(): OAuth2Client {
    const client = new OAuth2Client();
    client.setCredentials({ access_token: 'given', expiry_date: Date.now() + 3_600_000 });
    return client;
  }

  test('of Anthropic', async () => {
    const { url, objections } = await scripted();
    const place = { baseURL: `${url}/v1`, region: 'global', projectId: 'our-project', authClient: signedIn() };
    const client = new AnthropicVertex({ ...place, maxRetries: 0 });
    const body = {
      model: 'claude-sonnet-5@20260601',
      max_tokens: 9,
      messages: [{ role: 'user' as const, content: 'hi' }],
    };
    expect((await client.messages.create(body)).content).toMatchObject([{ type: 'text', text: 'ok' }]);
    expect(await client.messages.stream(body).finalText()).toBe('ok');
    expect(objections).toEqual([]);
  });

  test('of Google', async () => {
    const { url, objections } = await scripted();
    const client = new GoogleGenAI({
      vertexai: true,
      project: 'our-project',
      location: 'global',
      googleAuthOptions: { authClient: signedIn() },
      httpOptions: { baseUrl: url },
    });
    const asking = { model: 'gemini-3.8-flash', contents: 'hi' };
    expect((await client.models.generateContent(asking)).text).toBe('ok');
    let text = '';
    for await (const chunk of await client.models.generateContentStream(asking)) text += chunk.text ?? '';
    expect(text).toBe('ok');
    expect(objections).toEqual([]);
  });
});
