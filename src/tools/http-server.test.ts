import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openToolRegistry } from './open-tool-registry.ts';
import type { ToolRegistry } from './tool-registry.ts';

let workspace = '';
let server: Server;
let url = '';
let seen: IncomingMessage['headers'][] = [];
let sessions = new Map<string, StreamableHTTPServerTransport>();
let registry: ToolRegistry | undefined;

beforeEach(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'http-tools-'));
  seen = [];
  sessions = new Map();
  server = createServer((request, response) => {
    seen.push(request.headers);
    if (request.url === '/elsewhere') return void response.writeHead(307, { location: '/mcp' }).end();
    if (request.headers['authorization'] !== 'Bearer right') return void response.writeHead(401).end('no');
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (id !== undefined && known === undefined) return void response.writeHead(404).end('{}');
    void (known === undefined ? makeSession() : Promise.resolve(known)).then((session) =>
      session.handleRequest(request, response),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
  server.closeAllConnections();
  server.close();
  rmSync(workspace, { recursive: true, force: true });
});

async function makeSession(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  const mcp = new McpServer({ name: 'remote', version: '1' });
  mcp.registerTool('where', { annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: 'far away' }],
  }));
  await mcp.connect(transport);
  return transport;
}

async function open(route: string, token: string): Promise<ToolRegistry> {
  const remote = { type: 'http', url: `${url}${route}`, headers: { Authorization: 'Bearer ${TOKEN}' } };
  const serverList = { file: '.mcp.json', text: JSON.stringify({ mcpServers: { remote } }) };
  registry = await openToolRegistry({ workspace, env: { TOKEN: token }, serverList });
  return registry;
}

const where = (tools: ToolRegistry) =>
  tools.call(
    'remote__where',
    {},
    { toolCallId: 'c', idempotencyKey: randomUUID(), signal: new AbortController().signal, judged: undefined },
  );

test('a server over HTTP gets its headers and answers', async () => {
  const tools = await open('/mcp', 'right');
  expect(tools.unavailable).toEqual([]);
  expect(await where(tools)).toMatchObject({ isError: false, content: [{ type: 'text', text: 'far away' }] });
});

test('a server that has forgotten the session is greeted anew', async () => {
  const tools = await open('/mcp', 'right');
  sessions.clear();
  expect(await where(tools)).toMatchObject({ isError: false });
});

test('a server that refuses the token is named, and the token is not', async () => {
  const tools = await open('/mcp', 'wrong-token-value');
  expect(tools.tools).toEqual([]);
  expect(tools.unavailable.map((entry) => entry.server)).toEqual(['remote']);
  expect(JSON.stringify(tools.unavailable)).not.toContain('wrong-token-value');
});

test('headers with secrets follow no redirect', async () => {
  const tools = await open('/elsewhere', 'right');
  expect(tools.unavailable.map((entry) => entry.server)).toEqual(['remote']);
  expect(seen).toHaveLength(1);
});

test('a server that is gone is an error result', async () => {
  const tools = await open('/mcp', 'right');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const result = await where(tools);
  expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^tool-unavailable: /u) }] });
});
