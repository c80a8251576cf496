import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/**
 * An MCP server with bad manners, for tests: it dies in mid-call, hangs, floods, changes its tools and tells its environment.
 * Its one argument is a folder for traces of what it did.
 */
const folder = process.argv[2] ?? '.';
const server = new McpServer({ name: 'fixture', version: '1' });
const trace = (line: string): void => appendFileSync(`${folder}/trace.txt`, `${line}\n`);
const text = (content: string): CallToolResult => ({ content: [{ type: 'text', text: content }] });
const readOnly = { annotations: { readOnlyHint: true } };
trace('start');

server.registerTool('env', { description: 'Its environment', ...readOnly }, () => text(JSON.stringify(process.env)));
server.registerTool('cwd', { ...readOnly }, () => text(process.cwd()));
server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() }, ...readOnly }, ({ a, b }) =>
  text(String(a + b)),
);
server.registerTool('effect', { inputSchema: { what: z.string() } }, ({ what }) => {
  trace(`effect ${what}`);
  return text(`did ${what}`);
});
server.registerTool('soft', { annotations: { destructiveHint: false } }, () => text('soft'));
const dieOnce = (name: string): CallToolResult => {
  trace(`call ${name}`);
  if (existsSync(`${folder}/died`)) return text('alive again');
  writeFileSync(`${folder}/died`, '');
  process.exit(1);
};
server.registerTool('die_reading', { ...readOnly }, () => dieOnce('die_reading'));
server.registerTool('die_writing', {}, () => dieOnce('die_writing'));
server.registerTool('die_always', { ...readOnly }, () => process.exit(1));
server.registerTool('hang', { ...readOnly }, (extra) => {
  extra.signal.addEventListener('abort', () => trace('hang cancelled'));
  return new Promise<CallToolResult>(() => undefined);
});
server.registerTool('flood', { ...readOnly }, () => text(`BEGIN${'é'.repeat(200_000)}END`));
server.registerTool('picture', { ...readOnly }, () => ({
  content: [
    { type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' },
    { type: 'image', data: 'A'.repeat(2000), mimeType: 'image/png' },
    { type: 'audio', data: 'aGVsbG8=', mimeType: 'audio/wav' },
  ],
}));
server.registerTool('structured', { ...readOnly }, () => ({ content: [], structuredContent: { answer: 42 } }));
server.registerTool('fail', { ...readOnly }, () => {
  throw new Error('it went wrong');
});
server.registerTool('grow', { ...readOnly }, () => {
  server.registerTool('grown', { ...readOnly }, () => text('grown'));
  return text('growing');
});
server.registerTool('a tool with ünusual letters and a name that is longer than sixty-four', { ...readOnly }, () =>
  text('odd'),
);

await server.connect(new StdioServerTransport());
