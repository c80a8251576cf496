import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createMcpServer } from './server.ts';
import type { McpServices } from './services.ts';

/**
 * Serves one client over standard input and output until the client closes it or `signal` aborts. Standard output
 * belongs to the protocol: nothing else may write to it.
 */
export async function serveStdio(services: McpServices, signal: AbortSignal): Promise<void> {
  const server = createMcpServer(services, Date.now);
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.once('end', resolve);
    process.stdin.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await closed;
  await server.close();
}
