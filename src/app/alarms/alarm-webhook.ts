import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback } from '../../config/endpoints.ts';
import type { Secret } from '../../config/secret.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { mayPostTo } from './post-address.ts';

/** What its receiver is told: names and figures, and no word of anybody's. */
export interface AlarmMessage {
  /** The same however often it is sent. */
  readonly id: string;
  readonly event: 'raised' | 'lowered';
  readonly at: At;
  readonly alarm: Alarm;
}

/** What came of a message. */
export type Delivery = 'taken' | 'refused' | 'unreachable' | 'too many' | 'ended';

export interface AlarmWebhook {
  /** Waits for those before it; of more than `MOST_WAITING` the newest are left out. Never rejects. */
  deliver(message: AlarmMessage): Promise<Delivery>;
  /** What is under way is given up. */
  close(): void;
}

export interface WebhookOptions {
  readonly url: string;
  readonly secret: Secret;
  /** Pauses before the second and each later try. */
  readonly pausesMs?: readonly Ms[];
}

const PAUSES_MS: readonly Ms[] = [1000, 5000, 25_000];
const TIMEOUT_MS: Ms = 10_000;
const MOST_WAITING = 20;

/**
 * Posts alarms as JSON, one after the other. `x-pointsman-signature` is `sha256=` and the HMAC of the timestamp, a dot and the body by the secret; the
 * timestamp stands in `x-pointsman-timestamp` and the id in the body, so that a receiver can refuse what is old or comes twice.
 */
export function createAlarmWebhook({ url, secret, pausesMs = PAUSES_MS }: WebhookOptions): AlarmWebhook {
  const ending = new AbortController();
  const { signal } = ending;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const deliver = async (message: AlarmMessage): Promise<Delivery> => {
    const body = JSON.stringify({ v: 1, ...message });
    for (let tries = 0; !signal.aborted; tries += 1) {
      const end = await post(url, { body, secret, signal }).catch(() => 'failed' as const);
      if (end !== 'failed') return end;
      const pause = pausesMs[tries];
      if (pause === undefined) return signal.aborted ? 'ended' : 'unreachable';
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
    return 'ended';
  };
  return {
    deliver: async (message) => {
      if (waiting >= MOST_WAITING) return 'too many';
      waiting += 1;
      const delivery = last.then(async () => deliver(message)).finally(() => (waiting -= 1));
      last = delivery;
      return delivery;
    },
    close: () => ending.abort(),
  };
}

/** `refused`: asking again would not help. */
type PostEnd = 'taken' | 'failed' | 'refused';

async function post(
  url: string,
  { body, secret, signal }: { readonly body: string; readonly secret: Secret; readonly signal: AbortSignal },
): Promise<PostEnd> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', secret.reveal()).update(`${timestamp}.${body}`).digest('hex');
  const host = new URL(url).hostname.replaceAll(/[[\]]/gu, '');
  // An address in place of a name is never looked up.
  if (isIP(host) !== 0 && !mayPostTo(host, isLoopback(url))) return 'refused';
  const send = url.startsWith('https:') ? requestTls : requestPlain;
  return new Promise((resolve) => {
    const request = send(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'pointsman-alarms',
          'x-pointsman-timestamp': timestamp,
          'x-pointsman-signature': `sha256=${mac}`,
        },
        lookup: guardedLookup(isLoopback(url)),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        agent: false,
      },
      (response) => {
        const { statusCode = 0 } = response;
        // A redirect is not followed: it would lead the signed message elsewhere.
        resolve(statusCode >= 200 && statusCode < 300 ? 'taken' : mayPass(statusCode) ? 'failed' : 'refused');
        response.destroy();
      },
    );
    // Whoever answers by another protocol takes nothing, and the connection is closed without an error.
    request.on('upgrade', (_, socket) => {
      resolve('refused');
      socket.destroy();
    });
    request.on('close', () => resolve('failed'));
    request.on('error', (thrown: NodeJS.ErrnoException) => resolve(thrown.code === FORBIDDEN ? 'refused' : 'failed'));
    request.end(body);
  });
}

function mayPass(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 425 || statusCode === 429 || statusCode >= 500;
}

const FORBIDDEN = 'EFORBIDDEN';

/** Looks up as Node does and connects to what was judged: a name cannot lead elsewhere between the two. */
function guardedLookup(isOwn: boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const allowed = (addresses ?? []).filter(({ address }) => mayPostTo(address, isOwn));
      const [first] = allowed;
      if (error !== null) callback(error, '', 4);
      else if (first === undefined)
        callback(Object.assign(new Error('This address is not posted to.'), { code: FORBIDDEN }), '', 4);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
