import type { EnvHttpProxyAgent, RequestInit } from 'undici';
import { PointsmanError } from '../domain/errors.ts';
import { SECOND_MS } from '../domain/time.ts';
import { protocolError } from '../wires/shared/stream-decoder.ts';
import { trustedCertificates } from './connections.ts';
import { isFramed, withQuery, type CallTarget, type Host, type HostedCall } from './host.ts';
import { proxyOptions, type ProxySettings } from './proxy-settings.ts';

/** One line of a stream, or one error body, that is larger than this is not a model's. */
const MAX_BYTES = 16 * 1024 * 1024;
/** The longest answers of today are a third of it, with all that their events say beside the words. */
const MAX_STREAM_BYTES = 128 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The connections of all endpoints with the same certificates and proxies. Node's own fetch gives up after five silent minutes; here
 * the call's own clocks decide, so the agent's are off.
 */
const agents = new Map<string, EnvHttpProxyAgent>();

function agentFor({ ca, proxy }: Pick<FetchGuard, 'ca' | 'proxy'>, Agent: typeof EnvHttpProxyAgent): EnvHttpProxyAgent {
  const name = JSON.stringify([ca, proxy]);
  let agent = agents.get(name);
  if (agent === undefined) {
    const certificates = trustedCertificates(ca);
    const tls = certificates === undefined ? {} : { ca: certificates };
    const connect = { timeout: 10 * SECOND_MS, ...tls };
    const through = { ...proxyOptions(proxy), requestTls: tls, proxyTls: tls };
    agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect, ...through });
    agents.set(name, agent);
  }
  return agent;
}

export interface FetchGuard {
  /** Called for every chunk of bytes: the endpoint is alive. */
  readonly onBytes: () => void;
  readonly onHead: (headers: Headers) => void;
  readonly query: Readonly<Record<string, string>>;
  readonly ca: string | undefined;
  readonly proxy: ProxySettings | undefined;
  /** `undefined`: the endpoint speaks the wire format itself. */
  readonly host: Host | undefined;
  readonly target: CallTarget;
}

/**
 * A `fetch` for the vendors' SDKs: long calls allowed, each chunk noticed, a successful answer that is no event stream
 * refused, a redirect not followed, and an endless line, answer or error body cut. What the SDK writes for its vendor's address goes out as the endpoint's host takes it.
 */
export function guardedFetch(guard: FetchGuard): typeof fetch {
  const guarded = async (input: unknown, init: unknown): Promise<Response> => {
    const { url, unframe, framed, ...request } = await prepared(input as string, init as RequestInit, guard);
    const { EnvHttpProxyAgent: Agent, fetch: send } = await import('undici');
    const answer = await send(url, { ...request, redirect: 'manual', dispatcher: agentFor(guard, Agent) });
    if (answer.status >= 300 && answer.status < 400) {
      await answer.body?.cancel();
      throw redirected(answer.status);
    }
    guard.onBytes();
    guard.onHead(new Headers([...answer.headers]));
    const response = unframed(answer, { unframe, framed });
    if (!response.ok) return passOn(response, limitBytes(guard));
    const contentType = response.headers.get('content-type') ?? 'no content type';
    if (!contentType.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw protocolError(`Expected a stream of events, got ${contentType.slice(0, 80)}`);
    }
    return passOn(response, limitBytes(guard, NEWLINE));
  };
  return guarded;
}

async function prepared(
  input: string,
  init: RequestInit,
  { query, host, target }: FetchGuard,
): Promise<RequestInit & Pick<HostedCall, 'url' | 'unframe' | 'framed'>> {
  const url = withQuery(new URL(input), query);
  if (host === undefined) return { ...init, url };
  const headers = Object.fromEntries(new Headers(init.headers as Headers));
  const body = Buffer.from(typeof init.body === 'string' ? init.body : '');
  const call = await host.prepare({ method: init.method ?? 'POST', url, headers, body }, target);
  const { unframe, framed } = call;
  const ready = { ...init, url: call.url, headers: { ...call.headers }, body: call.body };
  return { ...ready, ...(unframe === undefined ? {} : { unframe }), ...(framed === undefined ? {} : { framed }) };
}

/** Followed, it would carry prompts, and keys in headers of a vendor's own, to a host that nobody named. */
function redirected(status: number): PointsmanError {
  return new PointsmanError('provider-protocol', `The endpoint redirects (${status}), which is not followed.`, {
    hint: 'Set its base URL to where it really is.',
    details: { status },
  });
}

/** An answer in the framing of a host, as the stream of events that it holds. */
function unframed(
  response: Response,
  { unframe, framed }: { readonly unframe: HostedCall['unframe']; readonly framed: string | undefined },
): Response {
  if (unframe === undefined || !response.ok || !isFramed(response.headers.get('content-type'), framed)) return response;
  const reader = unframe();
  const headers = new Headers(response.headers);
  headers.set('content-type', 'text/event-stream');
  const events = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => controller.enqueue(Buffer.from(reader.push(Buffer.from(chunk)))),
    flush: (controller) => controller.enqueue(Buffer.from(reader.end())),
  });
  return new Response(response.body?.pipeThrough(events) ?? null, { status: response.status, headers });
}

function passOn(response: Response, through: TransformStream<Uint8Array, Uint8Array>): Response {
  const body = response.body?.pipeThrough(through) ?? null;
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}

/** Notices each chunk, and ends with an error after too many bytes: in all, and sooner since the last `separator`. */
function limitBytes(guard: Pick<FetchGuard, 'onBytes'>, separator?: number): TransformStream<Uint8Array, Uint8Array> {
  let byteCount = 0;
  let allBytes = 0;
  return new TransformStream({
    transform(chunk, controller): void {
      guard.onBytes();
      const last = separator === undefined ? -1 : chunk.lastIndexOf(separator);
      byteCount = last === -1 ? byteCount + chunk.length : chunk.length - last - 1;
      allBytes += chunk.length;
      if (byteCount > MAX_BYTES) controller.error(protocolError(`More than ${MAX_BYTES} bytes in one piece`));
      else if (allBytes > MAX_STREAM_BYTES)
        controller.error(protocolError(`More than ${MAX_STREAM_BYTES} bytes in one answer`));
      else controller.enqueue(chunk);
    },
  });
}
