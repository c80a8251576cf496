import { MINUTE_MS, SECOND_MS, type Ms } from '../../domain/time.ts';
import { BREAKER_DEFAULTS, type BreakerSettings } from '../../providers/hosts/circuit-breaker.ts';

/** How the gateway behaves. Every limit is a promise to a caller or a guard against one. */
export interface GatewaySettings {
  /** Loopback unless access keys exist. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Listens beside a gateway of the same user that drains at this port. */
  readonly takeOver: boolean;
  /** How long calls under way may live when the gateway stops. */
  readonly drainMs: Ms;
  /** Names under which the gateway may be addressed besides loopback ones; guards against DNS rebinding. */
  readonly allowedHosts: readonly string[];
  /** Web pages that may call it; none by default. */
  readonly allowedOrigins: readonly string[];
  readonly maxBodyBytes: number;
  /** Of a file or form that is passed on as it comes. */
  readonly maxUploadBytes: number;
  /** Of all bodies of calls under way together, unpacked. */
  readonly maxHeldBodyBytes: number;
  /** Of the last bodies of transcripts, so that what a call repeats is not read again; and how long without a next call. */
  readonly maxKnownBodyBytes: number;
  readonly knownBodyIdleMs: Ms;
  readonly maxHeaderBytes: number;
  readonly maxDepthCount: number;
  /** For a request to arrive whole, or, of a file or form that is passed on as it comes, for its next byte. */
  readonly requestTimeoutMs: Ms;
  readonly headersTimeoutMs: Ms;
  readonly maxConnections: number;
  /** A stream gets a ping after this much silence upstream. */
  readonly pingMs: Ms;
  /** Without an answer's first byte for this long, a stream is begun so that pings can keep the caller. */
  readonly commitAfterMs: Ms;
  /** Whole call and silence of the upstream. An endpoint's own configuration outranks them. */
  readonly upstreamTimeoutMs: Ms;
  readonly upstreamIdleMs: Ms;
  /** A stream that has not begun by then is cut where another host of the model is well, unless its model may think in silence. An endpoint's own configuration outranks it. */
  readonly firstByteMs: Ms;
  /** Tries on one endpoint after the first, before the next candidate. */
  readonly maxRetries: number;
  /** Waits longer than this are the caller's to make. */
  readonly maxRetryWaitMs: Ms;
  /** Pause before the first retry when the vendor gives no hint; doubles. */
  readonly retryBaseMs: Ms;
  /** Whether a fallback may be weaker than what was decided. It is named in header and record either way. */
  readonly allowWeakerFallback: boolean;
  readonly breaker: BreakerSettings;
  /** A caller's own vendor key is used for an endpoint of that vendor that has none of its own. */
  readonly acceptCallerKeys: boolean;
  readonly cache: ResponseCacheSettings;
  readonly maxSessions: number;
  /** Sessions idle for longer are forgotten. */
  readonly sessionTtlMs: Ms;
  readonly keepAlive: KeepAliveSettings;
}

/** What may be held so that idle sessions can be pinged; used only where a policy has `keepAlive`. */
export interface KeepAliveSettings {
  /** Sessions held, and bytes of their bodies; the ones held longest go first. */
  readonly maxCount: number;
  readonly maxBytes: number;
  /** Pause between two looks at what is due. */
  readonly tickMs: Ms;
}

export interface ResponseCacheSettings {
  /** `marked`: only requests with `x-pointsman-cache: exact` or `semantic`. `read-only`: also requests without tools and with temperature 0. */
  readonly mode: 'off' | 'marked' | 'read-only';
  readonly ttlMs: Ms;
  readonly maxBytes: number;
}

export const GATEWAY_DEFAULTS: GatewaySettings = {
  host: '127.0.0.1',
  port: 4141,
  takeOver: false,
  drainMs: 10 * MINUTE_MS,
  allowedHosts: [],
  allowedOrigins: [],
  maxBodyBytes: 32 * 1024 * 1024,
  maxUploadBytes: 512 * 1024 * 1024,
  maxHeldBodyBytes: 512 * 1024 * 1024,
  maxKnownBodyBytes: 192 * 1024 * 1024,
  knownBodyIdleMs: MINUTE_MS,
  maxHeaderBytes: 32 * 1024,
  maxDepthCount: 200,
  requestTimeoutMs: MINUTE_MS,
  headersTimeoutMs: 15 * SECOND_MS,
  maxConnections: 20_000,
  pingMs: 15 * SECOND_MS,
  commitAfterMs: MINUTE_MS,
  upstreamTimeoutMs: 30 * MINUTE_MS,
  upstreamIdleMs: 5 * MINUTE_MS,
  firstByteMs: 2 * MINUTE_MS,
  maxRetries: 2,
  maxRetryWaitMs: 10 * SECOND_MS,
  retryBaseMs: 250,
  allowWeakerFallback: false,
  breaker: BREAKER_DEFAULTS,
  acceptCallerKeys: true,
  cache: { mode: 'marked', ttlMs: 10 * MINUTE_MS, maxBytes: 32 * 1024 * 1024 },
  maxSessions: 5000,
  sessionTtlMs: 24 * 60 * MINUTE_MS,
  keepAlive: { maxCount: 500, maxBytes: 128 * 1024 * 1024, tickMs: SECOND_MS },
};
