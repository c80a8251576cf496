import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';
import type { Figure } from '../../src/domain/figure.ts';
import type { InstalledPackage } from './installed-package.ts';

/**
 * What the list of our MCP server's tools takes of every prompt of a client that shows it as it comes: the installed server is asked
 * for it, and its JSON counted as OpenAI's models count (o200k). Other vendors' tokenizers differ; none of theirs is published.
 */
export async function toolsListTokens({ folder, env }: InstalledPackage): Promise<Figure> {
  const client = new Client({ name: 'sight', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [`${folder}/node_modules/pointsman/dist/cli/main.js`, 'mcp'],
    cwd: folder,
    env: { ...env },
    stderr: 'ignore',
  });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    if (tools.length === 0) throw new Error('The server lists no tools.');
    const value = new Tiktoken(o200k).encode(JSON.stringify(tools)).length;
    return { value, unit: 'tokens', n: tools.length, label: 'measured' };
  } finally {
    await client.close();
  }
}
