import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { resourceCall, withResourceTools } from './resource-tools.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function connected(prepare: (server: McpServer) => void): Promise<Client> {
  const server = new McpServer({ name: 'docs', version: '1' });
  prepare(server);
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await server.connect(theirs);
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(ours);
  cleanups.push(async () => client.close());
  return client;
}

function withDocs(server: McpServer): void {
  server.registerResource('guide', 'docs://guide', { mimeType: 'text/plain', description: 'how to' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'Read me.' }],
  }));
  server.registerResource('page', new ResourceTemplate('docs://page/{id}', { list: undefined }), {}, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'image/png', blob: 'aGVsbG8=' }],
  }));
}

async function call(client: Client, name: string, input: JsonObject = {}): Promise<CallToolResult | undefined> {
  const offered = withResourceTools(client, []).find((tool) => tool.name === name);
  return resourceCall(client, offered, input)?.({});
}

describe('what a server offers to be read', () => {
  test('is listed and read by two tools that change nothing', async () => {
    const client = await connected(withDocs);
    const tools = withResourceTools(client, []);
    expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
      ['list_resources', true],
      ['read_resource', true],
    ]);
    expect(await call(client, 'list_resources')).toEqual({
      content: [{ type: 'text', text: 'docs://guide: guide (text/plain), how to\ndocs://page/{id}: page' }],
    });
    expect(await call(client, 'read_resource', { uri: 'docs://guide' })).toMatchObject({
      content: [{ type: 'resource', resource: { text: 'Read me.' } }],
    });
    expect(await call(client, 'read_resource', { uri: 'docs://page/7' })).toMatchObject({
      content: [{ type: 'resource', resource: { mimeType: 'image/png', blob: 'aGVsbG8=' } }],
    });
    await expect(call(client, 'read_resource', { uri: 'docs://none' })).rejects.toThrow(/not found/iu);
  });

  test('is nothing where a server has no resources', async () => {
    const client = await connected((server) => void server.registerTool('x', {}, () => ({ content: [] })));
    expect(withResourceTools(client, [])).toEqual([]);
  });

  test('does not hide a tool of its own', async () => {
    const own: Tool = { name: 'read_resource', inputSchema: { type: 'object' } };
    const client = await connected(withDocs);
    const tools = withResourceTools(client, [own]);
    expect(tools.map(({ name }) => name)).toEqual(['read_resource', 'list_resources']);
    expect(resourceCall(client, tools[0], { uri: 'docs://guide' })).toBeUndefined();
  });
});
