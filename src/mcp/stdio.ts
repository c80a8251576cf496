import { serveStdio as serve, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { PointsmanError } from '../domain/errors.ts';
import { createMcpServer } from './server.ts';
import type { McpServices } from './services.ts';

/** In bytes; what a harness sends is far from it. */
const MOST_BYTES = 10 * 1024 * 1024;

/**
 * Serves one client over standard input and output until the client closes it or `signal` aborts; the client's first message says
 * which revision it speaks. Standard output belongs to the protocol: nothing else may write to it.
 * @throws PointsmanError `request-invalid` where the client sent what nobody can read on from: a message of more than `MOST_BYTES`
 */
export async function serveStdio(services: McpServices, signal: AbortSignal): Promise<void> {
  let isOver = false;
  let fault: Error | undefined;
  const transport = new WatchedTransport();
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      resolve();
    };
    process.stdin.once('end', end);
    process.stdin.once('close', end);
    signal.addEventListener('abort', end, { once: true });
    transport.onClosed = resolve;
  });
  const serving = serve(() => createMcpServer(services, Date.now), { transport, onerror: (error) => (fault = error) });
  await closed;
  await serving.close();
  if (isOver || fault === undefined) return;
  throw new PointsmanError('request-invalid', `The client can be read no further: ${fault.message}.`, {
    cause: fault,
    hint: `A message may have ${MOST_BYTES} bytes. Start the server again.`,
  });
}

/** The SDK's closes itself where it cannot read on; only its own server hears of it. */
class WatchedTransport extends StdioServerTransport {
  onClosed: () => void = () => undefined;

  constructor() {
    super(undefined, undefined, { maxBufferSize: MOST_BYTES });
  }

  override async close(): Promise<void> {
    await super.close();
    this.onClosed();
  }
}
