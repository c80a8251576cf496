import type { Readable } from 'node:stream';
import type * as undici from 'undici';
import type { Dispatcher } from 'undici';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { EndpointId } from '../../domain/ids.ts';
import type { Ms } from '../../domain/time.ts';
import { trustedCertificates } from '../../providers/connections.ts';
import {
  credentialsIn,
  openHost,
  withQuery,
  type CallTarget,
  type Host,
  type HostedCall,
  type HostOpeners,
} from '../../providers/host.ts';
import { proxyOptions, type ProxySettings } from '../../providers/proxy-settings.ts';
import { ByteRope } from '../../wires/shared/body/byte-rope.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { boundChatter } from './bound-chatter.ts';
import { guardAnswer, noteFetched } from './guard-answer.ts';
import { safeSink } from './safe-sink.ts';
import { unframeAnswer } from './unframe-answer.ts';
import { unpackAnswer } from './unpack-answer.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

export interface UpstreamCall {
  /** Absent: POST. */
  readonly method?: UpstreamMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent as it comes; `undefined`: there is none. */
  readonly body: Buffer | ByteRope | Readable | undefined;
  /** What it asks for, where the endpoint's host has to know. */
  readonly target?: CallTarget;
  readonly signal: AbortSignal;
}

export type UpstreamMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Upstream {
  /**
   * Sends one request; resolves with the head of the answer, whatever its status.
   * @throws PointsmanError `aborted`, `provider-timeout` or `provider-unavailable`; `mayHaveBilled` knows whether it had gone out
   */
  open(endpoint: ConfiguredEndpoint, call: UpstreamCall): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

export interface UpstreamOptions {
  readonly proxy?: ProxySettings | undefined;
  readonly hosts?: HostOpeners | undefined;
  /** Of a clock that never goes back. */
  readonly monotonicMs?: () => Ms;
}

type Client = Pick<typeof undici, 'EnvHttpProxyAgent' | 'Pool'>;

/** Loaded with the first call that goes out: a gateway that waits for one need not hold it. */
let client: Client | undefined;

const MAX_CONNECTIONS = 256;
const CONNECT_TIMEOUT_MS: Ms = 10_000;

/** One pool of connections per endpoint; hosts come from the configuration alone. Packed answers arrive unpacked. */
export function createUpstream(
  settings: GatewaySettings,
  { proxy, hosts, monotonicMs = () => performance.now() }: UpstreamOptions = {},
): Upstream {
  /** By all that makes it: a reloaded endpoint may lie elsewhere. */
  const pools = new Map<string, Dispatcher>();
  const poolOf = (endpoint: ConfiguredEndpoint, { EnvHttpProxyAgent, Pool }: Client): Dispatcher => {
    const { origin } = new URL(endpoint.baseUrl);
    const name = JSON.stringify([endpoint.id, origin, endpoint.timeoutMs, endpoint.idleTimeoutMs, endpoint.ca]);
    let pool = pools.get(name);
    if (pool === undefined) {
      const options = {
        connections: MAX_CONNECTIONS,
        pipelining: 1,
        keepAliveTimeout: 30_000,
        connect: { timeout: CONNECT_TIMEOUT_MS, ...tlsOf(endpoint) },
        headersTimeout: endpoint.timeoutMs ?? settings.upstreamTimeoutMs,
        bodyTimeout: endpoint.idleTimeoutMs ?? settings.upstreamIdleMs,
      };
      const tls = tlsOf(endpoint);
      pool =
        proxy === undefined
          ? new Pool(origin, options)
          : new EnvHttpProxyAgent({ ...options, ...proxyOptions(proxy), requestTls: tls, proxyTls: tls });
      pools.set(name, pool);
    }
    return pool;
  };
  const hostOf = rememberHosts(hosts);

  return {
    open: async (endpoint, call) => {
      const { path, headers, body, unframe, framed } = await readied(endpoint, hostOf(endpoint), call);
      client ??= await import('undici');
      const through = client;
      const answer = await new Promise<UpstreamAnswer>((resolve, reject) => {
        const exchange = new Exchange(resolve, reject, { signal: call.signal, endpoint: endpoint.id });
        if (call.signal.aborted) exchange.onResponseError(undefined, new Error('aborted'));
        else {
          poolOf(endpoint, through).dispatch(
            {
              origin: new URL(endpoint.baseUrl).origin,
              path,
              method: call.method ?? 'POST',
              headers,
              // Its types do not tell of the iterables that it takes.
              body: body as Buffer | Readable | null,
            },
            exchange,
          );
        }
      });
      const limitMs = endpoint.timeoutMs ?? settings.upstreamTimeoutMs;
      return boundChatter(guardAnswer(unframeAnswer(answer, { unframe, framed }), endpoint), limitMs, monotonicMs);
    },
    close: async () => {
      await Promise.all([...pools.values()].map(async (pool) => pool.destroy()));
      pools.clear();
    },
  };
}

/** One host for an endpoint as it is configured now: it holds a token that calls share. */
function rememberHosts(openers: HostOpeners | undefined): (endpoint: ConfiguredEndpoint) => Host | undefined {
  const known = new WeakMap<ConfiguredEndpoint, Host>();
  return (endpoint) => {
    if (endpoint.host === undefined) return undefined;
    const host =
      known.get(endpoint) ??
      openHost(openers, { id: endpoint.id, settings: endpoint.host, apiKey: endpoint.apiKey?.reveal() });
    if (host !== undefined) known.set(endpoint, host);
    return host;
  };
}

/** A call as it goes out: with the endpoint's own query, and as its host takes it. */
async function readied(endpoint: ConfiguredEndpoint, host: Host | undefined, call: UpstreamCall): Promise<ReadyCall> {
  const { method = 'POST', headers, target } = call;
  const body = bodyFor(host, call.body);
  const lengths = lengthOf(body);
  if (host === undefined && endpoint.query === undefined)
    return { path: call.path, headers: { ...headers, ...lengths }, body };
  const url = withQuery(new URL(call.path, endpoint.baseUrl), endpoint.query ?? {});
  const inMemory = body instanceof Buffer ? body : NOTHING;
  const sent: HostedCall = { method, url, headers, body: inMemory };
  const ready = host === undefined ? sent : await host.prepare(sent, target);
  if (host !== undefined) noteFetched(endpoint, credentialsIn(ready.headers));
  const { pathname, search } = ready.url;
  return {
    path: pathname + search,
    headers: { ...ready.headers, ...lengths },
    // What is sent as it comes has passed by no host.
    body: ready.body === inMemory ? body : ready.body,
    unframe: ready.unframe,
    framed: ready.framed,
  };
}

/** A host may sign a body, and sees it whole. */
function bodyFor(host: Host | undefined, body: UpstreamCall['body']): ReadyCall['body'] {
  if (!(body instanceof ByteRope)) return body ?? null;
  if (host !== undefined) return body.toBuffer();
  const pieces = body.toPieces();
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : pieces;
}

/** The client sends pieces as a stream whose end nobody knows, unless it is told. */
function lengthOf(body: ReadyCall['body']): { readonly 'content-length'?: string } {
  if (!Array.isArray(body)) return {};
  return { 'content-length': String((body as readonly Buffer[]).reduce((sum, piece) => sum + piece.length, 0)) };
}

interface ReadyCall {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | readonly Buffer[] | Readable | null;
  readonly unframe?: HostedCall['unframe'];
  readonly framed?: HostedCall['framed'];
}

const NOTHING = Buffer.alloc(0);

function tlsOf({ ca }: ConfiguredEndpoint): { readonly ca?: string[] } {
  const certificates = trustedCertificates(ca);
  return certificates === undefined ? {} : { ca: certificates };
}

/** Adapts undici's callbacks: chunks wait until somebody reads, and an abort closes the socket at once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: UpstreamAnswer) => void;
  readonly #reject: (error: PointsmanError) => void;
  readonly #signal: AbortSignal;
  readonly #endpoint: EndpointId;
  #controller: Dispatcher.DispatchController | undefined;
  #sink: AnswerSink | undefined;
  #waiting: Buffer[] = [];
  #ended = false;
  #failure: PointsmanError | undefined;
  #headed = false;

  constructor(
    resolve: (answer: UpstreamAnswer) => void,
    reject: (error: PointsmanError) => void,
    { signal, endpoint }: { readonly signal: AbortSignal; readonly endpoint: EndpointId },
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#endpoint = endpoint;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** A request that still waits for a connection has no controller; its caller need not wait with it. */
  readonly #onAbort = (): void => {
    if (this.#controller === undefined) this.#reject(this.#failureFrom(new Error('aborted')));
    else this.#controller.abort(new Error('aborted'));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(new Error('aborted'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    this.#headed = true;
    const answer: UpstreamAnswer = {
      status,
      headers,
      read: (sink) => this.#read(sink),
      resume: () => controller.resume(),
      abort: () => controller.abort(new Error('aborted')),
    };
    this.#resolve(unpackAnswer(answer));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink === undefined) this.#waiting.push(chunk);
    else if (!this.#sink.data(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#ended = true;
    this.#sink?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    const failure = this.#failureFrom(error);
    if (!this.#headed) this.#reject(failure);
    else if (this.#sink === undefined) this.#failure = failure;
    else this.#sink.fail(failure);
  }

  #failureFrom(error: Error): PointsmanError {
    const wasSent = this.#controller !== undefined;
    return this.#signal.aborted
      ? new PointsmanError('aborted', 'Aborted', { details: { wasSent } })
      : toUpstreamError(error, this.#endpoint, wasSent);
  }

  #read(reader: AnswerSink): void {
    const sink = safeSink(reader, () => this.#controller?.abort(new Error('aborted')));
    this.#sink = sink;
    let goOn = true;
    for (const chunk of this.#waiting) goOn = sink.data(chunk) && goOn;
    this.#waiting = [];
    if (!goOn) this.#controller?.pause();
    if (this.#failure !== undefined) sink.fail(this.#failure);
    else if (this.#ended) sink.end();
  }
}

function toUpstreamError(error: Error, endpoint: EndpointId, isSent: boolean): PointsmanError {
  const code = 'code' in error ? String(error.code) : error.name;
  const isTimeout = /TIMEOUT|TIMEDOUT/u.test(code);
  return isTimeout
    ? new PointsmanError('provider-timeout', `The endpoint "${endpoint}" did not answer in time`, {
        cause: error,
        retryable: true,
        details: { socket: code, wasSent: isSent },
      })
    : new PointsmanError('provider-unavailable', `The connection to the endpoint "${endpoint}" failed (${code})`, {
        cause: error,
        retryable: true,
        details: { socket: code, wasSent: isSent },
      });
}
