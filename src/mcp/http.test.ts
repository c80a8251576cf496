import { request as httpRequest } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, test } from 'vitest';
import { aFakePointsman } from '../testing/internal/fake-pointsman.ts';
import { aKeptLog } from '../testing/internal/kept-log.ts';
import { serveHttp, type RunningHttp } from './http.ts';
import { createMcpServer } from './server.ts';

const TOKEN = 'a-long-token-for-tests';
let running: RunningHttp | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

function makeServer(): McpServer {
  return createMcpServer(
    {
      pointsman: async () => aFakePointsman(),
      workspace: '.',
      version: '0.0.0',
      log: aKeptLog().log,
      replaySessions: async () => ({}),
    },
    () => 0,
  );
}

async function start(): Promise<URL> {
  running = await serveHttp(makeServer, { port: 0, token: TOKEN, log: aKeptLog().log });
  return new URL(running.url);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends exactly these headers; fetch would not let a test set Host. */
async function post(url: URL, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
});
const good = {
  authorization: `Bearer ${TOKEN}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

describe('MCP over HTTP', () => {
  test('a real client lists and calls tools through it, two clients at once', async () => {
    const url = await start();
    const clients = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const client = new Client({ name, version: '1' });
        const transport = new StreamableHTTPClientTransport(url, {
          requestInit: { headers: { authorization: `Bearer ${TOKEN}` } },
        });
        await client.connect(transport);
        return client;
      }),
    );
    for (const client of clients) {
      expect((await client.listTools()).tools.length).toBe(7);
      const advice = await client.callTool({ name: 'route_step', arguments: { text: 'plan it' } });
      expect(advice.structuredContent).toMatchObject({ model: 'test-model' });
      await client.close();
    }
  });

  test.each([
    ['no token', { authorization: '' }, INITIALIZE, 401],
    ['another token', { authorization: 'Bearer wrong-token-of-some-length' }, INITIALIZE, 401],
    ['a foreign origin', { origin: 'https://evil.example' }, INITIALIZE, 403],
    ['an origin that is no URL', { origin: 'null' }, INITIALIZE, 403],
    ['a rebound host name', { host: 'evil.example' }, INITIALIZE, 403],
    ['an unknown session', { 'mcp-session-id': 'nope' }, INITIALIZE, 404],
    ['broken JSON', {}, '{"jsonrpc":', 400],
    ['a body over the limit', {}, `"${'a'.repeat(4 * 1024 * 1024 + 10)}"`, 413],
  ])('refuses %s', async (_what, patch, body, status) => {
    const url = await start();
    const answer = await post(url, { ...good, ...patch }, body);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain(TOKEN);
  });

  test('a loopback origin is welcome', async () => {
    const url = await start();
    expect((await post(url, { ...good, origin: 'http://localhost:5173' }, INITIALIZE)).status).toBe(200);
  });

  test('a fault inside is logged under the id that the client is told, and tells nothing else', async () => {
    const { log, events } = aKeptLog();
    const broken = (): McpServer => {
      throw new TypeError('secret path leaked');
    };
    running = await serveHttp(broken, { port: 0, token: TOKEN, log });
    const answer = await post(new URL(running.url), good, INITIALIZE);
    const reported = answer.body;
    expect(answer.status).toBe(500);
    expect(reported).not.toContain('secret');
    const [event] = events;
    expect(event).toMatchObject({ level: 'error', fields: { error: { message: 'secret path leaked' } } });
    expect(reported).toContain(String(event?.fields['requestId']));
  });

  test('a short token and a taken port are told before anything listens', async () => {
    const url = await start();
    await expect(serveHttp(makeServer, { port: 0, token: 'short', log: aKeptLog().log })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await expect(
      serveHttp(makeServer, { port: Number(url.port), token: TOKEN, log: aKeptLog().log }),
    ).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });
});
