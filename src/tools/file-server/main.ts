import { realpathSync } from 'node:fs';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createFileServer } from './file-server.ts';

/** The files of a folder as a process: `node main.ts [--readable=DIR…] DIR [CLOSED…]`, MCP over stdio. */
const READABLE = '--readable=';
const words = process.argv.slice(2);
const readable = words.filter((word) => word.startsWith(READABLE)).map((word) => word.slice(READABLE.length));
const [folder, ...closed] = words.filter((word) => !word.startsWith(READABLE));
if (folder === undefined) {
  process.stderr.write('usage: DIR [CLOSED…]\n');
  process.exit(2);
}
const server = createFileServer(realpathSync.native(folder), closed, readable);
await server.connect(new StdioServerTransport());

/** When the client goes away, even by kill -9, its pipe closes. */
process.stdin.on('end', () => process.exit(0));
process.stdin.on('close', () => process.exit(0));
