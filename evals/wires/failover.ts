import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, CLAUDE_SMALL, startGatewayKit } from '../../src/testing/internal/gateway-kit.ts';

/** How long callers waited while the chosen model's endpoint was down, and how many got no answer. */
export interface FailoverResult {
  readonly callCount: number;
  readonly lostCount: number;
  /** Of the calls that found the endpoint down, from request to the whole answer. */
  readonly waitsMs: readonly number[];
}

/** Ways of being down before anything of an answer was sent. */
const FAULTS: readonly (RequestListener | 'closed')[] = [
  (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"message":"down"}}');
  },
  (_request, response) => {
    response.writeHead(529, { 'retry-after': '5' }).end('{"type":"error","error":{"type":"overloaded_error"}}');
  },
  (request) => request.socket.destroy(),
  (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end('data: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n');
  },
  'closed',
];

/** As able as any and cheap, so that it is chosen. */
const FIRST = { ...CLAUDE, prices: CLAUDE_SMALL.prices };

/** Calls `auto` while the endpoint of the model that would be chosen fails hard, each kind of fault in a gateway of its own. */
export async function measureFailover(callsPerFault: number): Promise<FailoverResult> {
  const well = await createScriptedServer({ models: [CHAT], script: () => ({ text: 'fine' }) });
  const waitsMs: number[] = [];
  let lostCount = 0;
  let callCount = 0;
  for (const fault of FAULTS) {
    for (let turn = 0; turn < callsPerFault; turn++) {
      const unhealthy = await serverThat(fault);
      const kit = await startGatewayKit({
        upstreamUrl: well.url,
        models: [FIRST, CHAT],
        baseUrls: { anthropic: unhealthy.url },
        // As it is shipped: the kit's own pauses are shorter.
        settings: { retryBaseMs: 250, allowWeakerFallback: true },
      });
      const startedMs = performance.now();
      const body = { model: 'auto', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };
      const answer = await kit.post('/v1/messages', body);
      const text = await answer.text();
      callCount += 1;
      const isFallback = answer.headers.get('x-pointsman-fallback')?.includes(FIRST.id) === true;
      if (answer.status === 200 && text.includes('fine') && isFallback) waitsMs.push(performance.now() - startedMs);
      else lostCount += 1;
      await kit.gateway.close();
      unhealthy.close();
    }
  }
  await well.close();
  return { callCount, lostCount, waitsMs };
}

async function serverThat(fault: RequestListener | 'closed'): Promise<{ readonly url: string; close(): void }> {
  const server: Server = createServer(fault === 'closed' ? undefined : fault);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  if (fault === 'closed') close();
  return { url, close: fault === 'closed' ? () => undefined : close };
}
