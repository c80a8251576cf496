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

/** A gateway that has begun no answer by then is avoided for a while, and its caller told to try again. */
const HEAD_MS = 8000;
/** The same of an answer that has begun, between two of its parts. */
const SILENT_MS = 8000;
const AVOIDED_MS = 5000;

/** @param ports of gateways, whether they run or not */
export async function openBalancer(ports: readonly number[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 400 });
  const avoidedUntil = new Map<number, number>();
  const inOrder = (session: string): readonly number[] =>
    ports.toSorted((one, other) => weight(session, other) - weight(session, one));
  const chosen = (session: string): readonly number[] => {
    const order = inOrder(session);
    const well = order.filter((port) => (avoidedUntil.get(port) ?? 0) < Date.now());
    return well.length === 0 ? order : well;
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('error', () => outgoing.destroy());
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      pass(incoming, outgoing, { agent, body, avoidedUntil, ports: chosen(String(incoming.headers['x-session-id'])) });
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
    },
  };
}

interface Passing {
  readonly agent: Agent;
  readonly body: Buffer;
  readonly avoidedUntil: Map<number, number>;
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
    passing.avoidedUntil.set(port, Date.now() + AVOIDED_MS);
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
