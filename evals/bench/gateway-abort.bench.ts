import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as send, type ClientRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { benchBody, quantile, runLoad } from './gateway-load.ts';

const CALL_PATH = '/v1/chat/completions';
const LEAVE_COUNT = 100;
const LOAD_CONNECTIONS = 16;
/** Requests that hold this word are never answered in full. */
const HOLD = 'hold this one';

/** How long after a caller has left the upstream sees its own socket close: waiting for a head, mid-stream, and under load. */
export async function run(): Promise<Figures> {
  const upstream = await holdingUpstream();
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'gateway-server.ts'), upstream.url, 'openai-chat'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${port.toString().trim()}${CALL_PATH}`;
  try {
    const figures: Record<string, Figure> = {};
    for (const when of ['head', 'stream'] as const) note(figures, when, await leaveMany(url, upstream, when));
    const load = runLoad({
      url,
      headers: {},
      body: benchBody('openai-chat', 'small', { model: 'auto', stream: false }),
      connections: LOAD_CONNECTIONS,
      seconds: 8,
      callsPerSession: 8,
    });
    note(figures, 'loaded', await leaveMany(url, upstream, 'stream'));
    const { failureCount } = await load;
    if (failureCount > 0) throw new Error(`${failureCount} requests failed beside the aborted ones`);
    return figures;
  } finally {
    child.kill('SIGTERM');
    upstream.server.closeAllConnections();
    upstream.server.close();
  }
}

function note(figures: Record<string, Figure>, name: string, times: readonly number[]): void {
  const shares = { p50: 0.5, p99: 0.99 };
  for (const [label, share] of Object.entries(shares)) {
    const value = quantile(times, share);
    figures[`gateway.abort.${name}.${label}.ms`] = { value, unit: 'ms', n: times.length, label: 'measured' };
  }
}

interface Upstream {
  readonly server: Server;
  readonly url: string;
  /** The next held request, as soon as it is here. */
  held(): Promise<ServerResponse>;
}

async function holdingUpstream(): Promise<Upstream> {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const answer = JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (Buffer.concat(chunks).includes(HOLD)) waiting.shift()?.(response);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held: async () => new Promise((resolve) => waiting.push(resolve)),
  };
}

async function leaveMany(url: string, upstream: Upstream, when: 'head' | 'stream'): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < LEAVE_COUNT; index += 1) times.push(await leaveOnce(url, upstream, when));
  return times;
}

async function leaveOnce(url: string, upstream: Upstream, when: 'head' | 'stream'): Promise<number> {
  const held = upstream.held();
  const caller = ask(url);
  const response = await held;
  if (when === 'stream') {
    const begun = once(caller, 'response');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n',
    );
    await begun;
  }
  const closed = once(response, 'close');
  const leftAt = performance.now();
  caller.destroy();
  await closed;
  return performance.now() - leftAt;
}

function ask(url: string): ClientRequest {
  const body = JSON.stringify({ model: 'auto', stream: true, messages: [{ role: 'user', content: HOLD }] });
  const request = send(url, { method: 'POST', agent: false, headers: { 'content-type': 'application/json' } });
  // Leaving is what this measures.
  request.on('error', () => undefined);
  request.end(body);
  return request;
}
