import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type * as undici from 'undici';
import type { Ms } from '../../domain/time.ts';
import type { SignalSettings } from '../otel-settings.ts';

/** How a message to a collector ended. */
export type MessageEnd =
  | { readonly kind: 'taken'; readonly body: Uint8Array }
  | { readonly kind: 'lost'; readonly why: string };

export interface OtlpSender {
  /** Never throws. Gives up after the signal's own time limit, or when the sender is closed. */
  send(message: Uint8Array): Promise<MessageEnd>;
  /** What is under way is given up, and nothing stays open. */
  close(): Promise<void>;
}

/** As OTLP 1.8 has it: these may be asked again, no other (opentelemetry.io/docs/specs/otlp, read 2026-11-30). */
const PASSING = new Set([429, 502, 503, 504]);
const MAX_TRIES = 5;
const FIRST_PAUSE_MS: Ms = 500;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Sends messages of one signal over HTTP, one after the other. */
export function createOtlpSender(
  settings: SignalSettings,
  { Agent, request }: Pick<typeof undici, 'Agent' | 'request'>,
): OtlpSender {
  const agent = new Agent({ connections: 1, connect: { timeout: settings.timeoutMs, ...tlsOf(settings) } });
  const ending = new AbortController();
  const headers = {
    'user-agent': 'pointsman-otlp',
    ...settings.headers,
    'content-type': settings.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    ...(settings.isCompressed ? { 'content-encoding': 'gzip' } : {}),
  };
  const once = async (body: Uint8Array, signal: AbortSignal): Promise<MessageEnd & { readonly againMs?: Ms }> => {
    const answer = await request(settings.url, { method: 'POST', headers, body, signal, dispatcher: agent });
    const said = await readUpTo(answer.body, MAX_ANSWER_BYTES);
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return { kind: 'taken', body: said };
    const lost = { kind: 'lost', why: `it answered ${statusCode}` } as const;
    return PASSING.has(statusCode) ? { ...lost, againMs: pauseIn(answer.headers['retry-after']) } : lost;
  };
  return {
    async send(message) {
      const body = settings.isCompressed ? gzipSync(message) : message;
      const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(settings.timeoutMs)]);
      let last: MessageEnd = { kind: 'lost', why: 'it was not asked' };
      for (let tries = 0; tries < MAX_TRIES && !signal.aborted; tries++) {
        const { againMs, ...end } = await once(body, signal).catch(
          (thrown: unknown): MessageEnd & { readonly againMs?: Ms } => ({
            kind: 'lost',
            why: whyOf(thrown),
            againMs: NaN,
          }),
        );
        last = end;
        if (againMs === undefined) break;
        const pauseMs = Number.isNaN(againMs) ? FIRST_PAUSE_MS * 2 ** tries : Math.min(againMs, settings.timeoutMs);
        // Nobody is kept waiting for a collector: not a process that has nothing else to do either.
        await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
      return last;
    },
    async close() {
      ending.abort();
      await agent.destroy();
    },
  };
}

/** `NaN`: the collector did not say. */
function pauseIn(said: string | string[] | undefined): Ms {
  const seconds = Number(Array.isArray(said) ? said[0] : said);
  return said === undefined || !(seconds >= 0) ? NaN : seconds * 1000;
}

/** A word of the system's, never of an address or a header. */
function whyOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'it could not be reached';
  if (thrown.name === 'TimeoutError') return 'it took too long';
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'it could not be reached';
}

async function readUpTo(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let byteCount = 0;
  for await (const part of body) {
    byteCount += part.length;
    if (byteCount <= maxBytes) parts.push(part);
  }
  return Buffer.concat(parts);
}

function tlsOf({ tls }: SignalSettings): Readonly<Record<string, Buffer>> {
  return Object.fromEntries(
    Object.entries(tls).flatMap(([what, file]) => (file === undefined ? [] : [[what, readFileSync(file)]])),
  );
}
