import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

/**
 * An MCP server, for tests, whose tool asks the user for a seat before it takes it. Its argument is a file for what it has
 * taken; with a second one, `yes`, it asks for a yes alone.
 */
const [, , trace = 'taken.txt', form] = process.argv;
const fields = {
  seat: { type: 'string', enum: ['aisle', 'window'] },
  count: { type: 'integer', title: 'How many' },
  night: { type: 'boolean' },
} as const;
const server = new McpServer({ name: 'seats', version: '1' });

server.registerTool('take', { description: 'Takes a seat.' }, async ({ requestId }) => {
  const answer = await server.server.elicitInput(
    {
      message: 'Which seat, and for how many?',
      requestedSchema: {
        type: 'object',
        ...(form === 'yes' ? { properties: {} } : { properties: fields, required: ['seat', 'count'] }),
      },
    },
    { relatedRequestId: requestId },
  );
  const said = answer.action === 'accept' ? JSON.stringify(answer.content) : answer.action;
  appendFileSync(trace, `${said}\n`);
  return { content: [{ type: 'text', text: `taken: ${said}` }], isError: answer.action === 'cancel' };
});
await server.connect(new StdioServerTransport());
process.stdin.on('close', () => process.exit(0));
