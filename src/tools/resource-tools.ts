import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallToolResult, ListResourcesResult, ReadResourceResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../domain/json.ts';

/** What a server offers to be read, as tools: models know no other way to it. */
const LIST: Tool = {
  name: 'list_resources',
  description: 'Lists what this server offers to be read, each with its uri.',
  inputSchema: { type: 'object', properties: { cursor: { type: 'string', description: 'Where a list goes on' } } },
  annotations: { readOnlyHint: true, openWorldHint: false },
};
const READ: Tool = {
  name: 'read_resource',
  description: 'Reads one resource of this server, by its uri or by a template of list_resources that is filled in.',
  inputSchema: { type: 'object', properties: { uri: { type: 'string' } }, required: ['uri'] },
  annotations: { readOnlyHint: true, openWorldHint: false },
};

/** A server's own tools, and these two where it has resources; a tool of its own with such a name goes before. */
export function withResourceTools(client: Client, tools: readonly Tool[]): readonly Tool[] {
  if (client.getServerCapabilities()?.resources === undefined) return tools;
  const taken = new Set(tools.map(({ name }) => name));
  return [...tools, ...[LIST, READ].filter(({ name }) => !taken.has(name))];
}

/** How one of the two is carried out; `undefined`: it is a tool of the server's own. */
export function resourceCall(
  client: Client,
  offered: Tool | undefined,
  input: JsonObject,
): ((options: RequestOptions) => Promise<CallToolResult>) | undefined {
  if (offered === LIST) {
    const { cursor } = input;
    return async (options) => listed(client, typeof cursor === 'string' ? { cursor } : {}, options);
  }
  if (offered === READ) {
    const { uri } = input;
    return async (options) => toResult(await client.readResource({ uri: typeof uri === 'string' ? uri : '' }, options));
  }
  return undefined;
}

async function listed(
  client: Client,
  page: { readonly cursor?: string },
  options: RequestOptions,
): Promise<CallToolResult> {
  const { resources, nextCursor } = await client.listResources(page, options);
  const isFirst = page.cursor === undefined;
  // Not every server that has resources knows of templates.
  const templates = isFirst ? await client.listResourceTemplates({}, options).catch(() => undefined) : undefined;
  const lines = [
    ...resources.map((one) => lineOf(one.uri, one)),
    ...(templates?.resourceTemplates ?? []).map((one) => lineOf(one.uriTemplate, one)),
    ...(nextCursor === undefined ? [] : [`[… go on with "cursor": ${JSON.stringify(nextCursor)} …]`]),
  ];
  return { content: [{ type: 'text', text: lines.join('\n') || 'There are none.' }] };
}

function lineOf(
  uri: string,
  { name, mimeType, description }: Pick<ListResourcesResult['resources'][number], 'name' | 'mimeType' | 'description'>,
): string {
  const kind = mimeType === undefined ? '' : ` (${mimeType})`;
  return `${uri}: ${name}${kind}${description === undefined ? '' : `, ${description}`}`;
}

function toResult({ contents }: ReadResourceResult): CallToolResult {
  return { content: contents.map((resource) => ({ type: 'resource', resource })) };
}
