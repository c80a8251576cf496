import { realpathSync } from 'node:fs';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createFileServer } from './file-server.ts';

/** The files of a folder as a process: `node main.ts DIR [CLOSED…]`, MCP over stdio. */
const [folder, ...closed] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: DIR [CLOSED…]\n');
  process.exit(2);
}
const server = createFileServer(realpathSync.native(folder), closed);
await server.connect(new StdioServerTransport());

/** When the client goes away, even by kill -9, its pipe closes. */
process.stdin.on('end', () => process.exit(0));
process.stdin.on('close', () => process.exit(0));
