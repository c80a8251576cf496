import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, type McpHttpHandler, type McpServer } from '@modelcontextprotocol/server';
import { PointsmanError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { Ms } from '../domain/time.ts';
import { reportFault } from './report-fault.ts';
import { createSessionTable, type SessionTable } from './session-table.ts';

export interface HttpOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Loopback unless the user says otherwise. */
  readonly host?: string;
  /** Every request must carry it as a bearer token. */
  readonly token: string;
  /** Extra `Origin` values that browsers may send; loopback origins are always allowed. */
  readonly allowedOrigins?: readonly string[];
  /** Extra `Host` names; loopback names are always allowed. */
  readonly allowedHosts?: readonly string[];
  readonly log: Log;
  /** Sessions that may be open at once, and how long one may be silent. */
  readonly maxSessions?: number;
  readonly maxIdleMs?: Ms;
}

export interface RunningHttp {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Serves MCP over streamable HTTP at `/mcp`: one server and one transport per session for clients that open one (revisions until
 * 2025-11-25), one per request for those that speak 2026-07-28. Requests without the token, from another origin or
 * for another host name (DNS rebinding) are refused before the body is read.
 * @throws PointsmanError `config-invalid` when the port is taken or the token is too short.
 */
export async function serveHttp(makeServer: () => McpServer, options: HttpOptions): Promise<RunningHttp> {
  if (options.token.length < 16) {
    throw new PointsmanError('config-invalid', 'The MCP token is shorter than 16 characters.', {
      hint: 'Set POINTSMAN_MCP_TOKEN to a long random text, or leave it unset to have one made.',
    });
  }
  const sessions = createSessionTable(options);
  const modern = createMcpHandler(makeServer, {
    legacy: 'reject',
    onerror: (error) => options.log.warn('mcp-request-refused', { error }),
  });
  const serving: Serving = { makeServer, options, sessions, modern };
  // Not imported: for an import Node loads all that the module offers, its WebSocket and the whole client behind that too.
  const http = process.getBuiltinModule('node:http').createServer((request, response) => {
    void answer(serving, request, response).catch((thrown: unknown) => {
      const reported = reportFault(options.log, thrown);
      if (!response.headersSent) reply(response, 500, -32_603, reported);
      else response.destroy();
    });
  });
  http.headersTimeout = 10_000;
  await listen(http, options);
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}/mcp`,
    close: async () => {
      await sessions.close();
      await modern.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}

async function listen(http: Server, options: HttpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) => {
      reject(
        new PointsmanError('config-invalid', `Cannot listen on port ${options.port}: ${cause.message}`, {
          cause,
          hint: 'Choose another port with --http PORT.',
        }),
      );
    });
    http.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
}

interface Serving {
  readonly makeServer: () => McpServer;
  readonly options: HttpOptions;
  readonly sessions: SessionTable;
  /** Answers revision 2026-07-28, which knows no sessions. */
  readonly modern: McpHttpHandler;
}

async function answer(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { makeServer, options, sessions, modern } = serving;
  const refusal = refuse(options, request);
  if (refusal !== undefined) {
    if (refusal.status === 401) response.setHeader('www-authenticate', 'Bearer realm="pointsman"');
    return reply(response, refusal.status, -32_001, refusal.why);
  }
  const sessionId = headerOf(request, 'mcp-session-id');
  const known = sessionId === undefined ? undefined : sessions.find(sessionId);
  if (sessionId !== undefined && known === undefined) return reply(response, 404, -32_001, 'No such session.');
  const body = request.method === 'POST' ? await readJson(request) : { ok: true as const, value: undefined };
  if (!body.ok) return reply(response, body.status, -32_700, body.why);
  if (known !== undefined) {
    sessions.busy(known, response);
    return known.handleRequest(request, response, body.value);
  }
  // The same object: the SDK's own shape of it has no place for `undefined`.
  const incoming = request as NodeIncomingMessageLike;
  if (!(await isLegacyRequest(await toWebRequest(incoming, body.value)))) {
    return toNodeHandler(modern)(incoming, response, body.value);
  }
  if (!sessions.makeRoom()) return reply(response, 503, -32_001, 'Too many sessions are open.');
  return (await openSession(makeServer, sessions)).handleRequest(request, response, body.value);
}

async function openSession(
  makeServer: () => McpServer,
  sessions: SessionTable,
): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => {
      sessions.add(id, transport);
    },
    onsessionclosed: (id) => {
      sessions.delete(id);
    },
  });
  transport.onclose = () => {
    if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
  };
  await makeServer().connect(transport);
  return transport;
}

function refuse(options: HttpOptions, request: IncomingMessage): { status: number; why: string } | undefined {
  const host = headerOf(request, 'host') ?? '';
  const hostName = host.replace(/:\d+$/u, '');
  if (!LOOPBACK_NAMES.has(hostName) && options.allowedHosts?.includes(hostName) !== true) {
    return { status: 403, why: `Host "${hostName}" is not served here.` };
  }
  const origin = headerOf(request, 'origin');
  if (origin !== undefined && !isAllowedOrigin(origin, options)) {
    return { status: 403, why: 'This origin may not call pointsman.' };
  }
  if (request.url?.split('?')[0] !== '/mcp') return { status: 404, why: 'MCP is served at /mcp.' };
  const sent = /^Bearer (.+)$/u.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (sent === undefined || !sameText(sent, options.token)) {
    return { status: 401, why: 'Send the token that "pointsman mcp --http" was started with as a bearer token.' };
  }
  return undefined;
}

function isAllowedOrigin(origin: string, options: HttpOptions): boolean {
  if (options.allowedOrigins?.includes(origin) === true) return true;
  try {
    return LOOPBACK_NAMES.has(new URL(origin).hostname);
  } catch {
    return false;
  }
}

/** Compares in constant time, lengths included. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: number; readonly why: string };

async function readJson(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return { ok: false, status: 413, why: `The body exceeds ${MAX_BODY_BYTES} bytes.` };
    chunks.push(chunk);
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return { ok: false, status: 400, why: 'The body is not JSON.' };
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function reply(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }));
}
