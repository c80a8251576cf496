import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sideRules, type SideAnswer, type SideRule, type SeenSideCall } from './side-vendor-rules.ts';
import { hasShapes, shapeFlaw } from './vendor-shapes/vendor-shapes.ts';

/** What OpenAI, Anthropic and Google offer beside model calls, at one address and as strict as they are. */
export interface SideVendor {
  readonly url: string;
  readonly seen: readonly SeenSideCall[];
  close(): Promise<void>;
}

/**
 * @param apiKey the only key that opens it, in the header that each vendor wants it in
 */
export async function startSideVendor({ apiKey }: { readonly apiKey: string }): Promise<SideVendor> {
  const seen: SeenSideCall[] = [];
  const kept = new Map<string, Buffer>();
  let count = 0;
  const keep = (prefix: string, bytes: Buffer): string => {
    const id = `${prefix}${(count += 1)}`;
    kept.set(id, bytes);
    return id;
  };
  const server = createServer((incoming, outgoing) => {
    // A request that its sender gave up has nobody to answer.
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const rules = sideRules({ keep, kept, self: () => addressOf(server) });
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const bytes = await readAll(incoming);
    const call = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, bytes };
    seen.push(call);
    sendAnswer(outgoing, await answerTo(call, { apiKey, rules }));
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: addressOf(server),
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function addressOf(server: ReturnType<typeof createServer>): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function answerTo(
  call: SeenSideCall,
  { apiKey, rules }: { readonly apiKey: string; readonly rules: readonly SideRule[] },
): Promise<SideAnswer> {
  const { pathname } = new URL(call.url, 'http://vendor');
  if (keyOf(call, pathname) !== apiKey) return { fault: 'invalid key', status: 401 };
  const rule = rules.find(({ method, path }) => method === call.method && path.test(pathname));
  if (rule === undefined) return { fault: `no route ${call.method} ${pathname}`, status: 404 };
  return answerBy(rule, call, rule.path.exec(pathname)?.groups?.['id'] ?? '');
}

async function answerBy(rule: SideRule, call: SeenSideCall, id: string): Promise<SideAnswer> {
  const type = String(call.headers['content-type'] ?? '');
  const isJson = rule.shape !== undefined && type.startsWith('application/json') && call.bytes.length > 0;
  const body: unknown = isJson ? JSON.parse(call.bytes.toString('utf8')) : undefined;
  const flaw = flawOf(rule, body);
  if (flaw !== undefined) return { fault: flaw, status: 400 };
  const form = rule.form === undefined ? undefined : await formOf(call.bytes, type);
  const missing = rule.form?.find((field) => form?.has(field) !== true);
  if (missing !== undefined) return { fault: `missing field ${missing}`, status: 400 };
  return rule.answer({ body, form, id, seen: call });
}

function flawOf({ shape }: SideRule, body: unknown): string | undefined {
  return shape !== undefined && hasShapes() ? shapeFlaw(shape, body) : undefined;
}

/** Each vendor looks in a header of its own. */
function keyOf({ headers }: SeenSideCall, pathname: string): unknown {
  if (headers['anthropic-version'] !== undefined) return headers['x-api-key'];
  if (/^\/(?:upload\/)?v1beta\//u.test(pathname)) return headers['x-goog-api-key'];
  return String(headers['authorization']).replace(/^Bearer /u, '');
}

async function formOf(bytes: Buffer, type: string): Promise<FormData> {
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
}

function sendAnswer(outgoing: ServerResponse, answer: SideAnswer): void {
  if ('bytes' in answer) {
    outgoing.writeHead(200, { 'content-type': answer.type });
    for (const part of [answer.bytes].flat()) outgoing.write(part);
    outgoing.end();
    return;
  }
  const [status, json, headers] =
    'fault' in answer
      ? [answer.status, { type: 'error', error: { type: 'invalid_request_error', message: answer.fault } }, {}]
      : [answer.status ?? 200, answer.json, answer.headers ?? {}];
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
}
