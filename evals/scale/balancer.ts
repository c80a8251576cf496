import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A balancer as one stands before gateways: the session's key says which one, unless that one does not answer. */
export interface Balancer {
  readonly url: string;
  /** The gateway of a session as long as all are well. */
  portOf(session: string): number;
  close(): Promise<void>;
}

/** A gateway that has begun no answer by then is avoided until it is well, and its caller told to try again. */
const HEAD_MS = 8000;
/** The same of an answer that has begun, between two of its parts. */
const SILENT_MS = 8000;
/** One that is avoided is asked for its health this often, and comes back with the first answer within as long. */
const HEALTH_EVERY_MS = 1000;

/** @param ports of gateways, whether they run or not */
export async function openBalancer(ports: readonly number[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 400 });
  const avoided = watchHealth();
  const inOrder = (session: string): readonly number[] =>
    ports.toSorted((one, other) => weight(session, other) - weight(session, one));
  const chosen = (session: string): readonly number[] => {
    const order = inOrder(session);
    const well = order.filter((port) => !avoided.has(port));
    return well.length === 0 ? order : well;
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('error', () => outgoing.destroy());
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      pass(incoming, outgoing, { agent, body, avoided, ports: chosen(String(incoming.headers['x-session-id'])) });
    });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    portOf: (session) => inOrder(session)[0] ?? 0,
    close: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      avoided.close();
    },
  };
}

interface Avoided {
  add(port: number): void;
  has(port: number): boolean;
  close(): void;
}

/** Gateways that failed, until each says again that it is well. */
function watchHealth(): Avoided {
  const ports = new Set<number>();
  const timer = setInterval(() => {
    for (const port of ports) void isWell(port).then((answer) => answer && ports.delete(port));
  }, HEALTH_EVERY_MS);
  return {
    add: (port) => void ports.add(port),
    has: (port) => ports.has(port),
    close: () => clearInterval(timer),
  };
}

async function isWell(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(HEALTH_EVERY_MS);
    return (await fetch(`http://127.0.0.1:${port}/healthz`, { signal })).ok;
  } catch {
    return false;
  }
}

interface Passing {
  readonly agent: Agent;
  readonly body: Buffer;
  readonly avoided: Avoided;
  /** Best first. */
  readonly ports: readonly number[];
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, passing: Passing): void {
  const [port, ...others] = passing.ports;
  if (port === undefined) return answerAway(outgoing);
  const { method, url, headers } = incoming;
  const upstream = send({ host: '127.0.0.1', port, method, path: url, headers, agent: passing.agent });
  let isConnected = false;
  upstream.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => (isConnected = true));
    else isConnected = true;
  });
  upstream.setTimeout(HEAD_MS, () => upstream.destroy(new Error('silent')));
  upstream.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    upstream.setTimeout(SILENT_MS, () => upstream.destroy(new Error('silent')));
    answer.on('data', (chunk: Buffer) => void outgoing.write(chunk));
    answer.on('end', () => void outgoing.end());
    answer.on('error', () => outgoing.destroy());
    answer.on('aborted', () => outgoing.destroy());
  });
  upstream.on('error', (thrown) => {
    if (outgoing.headersSent) return void outgoing.destroy();
    passing.avoided.add(port);
    // What was never taken may go to another; what was is the caller's to send again.
    const isRefused = !isConnected || (thrown as NodeJS.ErrnoException).code === 'ECONNREFUSED';
    if (isRefused && others.length > 0) pass(incoming, outgoing, { ...passing, ports: others });
    else answerAway(outgoing);
  });
  outgoing.on('close', () => upstream.destroy());
  upstream.end(passing.body);
}

/** As the balancers of the field word it: a status that clients try again. */
function answerAway(outgoing: ServerResponse): void {
  const body = { error: { type: 'server_error', message: 'The gateway is away; try again.' } };
  outgoing.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function weight(session: string, port: number): number {
  return createHash('sha256').update(`${session} ${port}`).digest().readUInt32BE(0);
}
