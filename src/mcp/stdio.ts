import { serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { createMcpServer } from './server.ts';
import type { McpServices } from './services.ts';

/**
 * Serves one client over standard input and output until the client closes it or `signal` aborts; the client's first message says
 * which revision it speaks. Standard output belongs to the protocol: nothing else may write to it.
 */
export async function serveStdio(services: McpServices, signal: AbortSignal): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    process.stdin.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const serving = serve(() => createMcpServer(services, Date.now));
  await closed;
  await serving.close();
}
