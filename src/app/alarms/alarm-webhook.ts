import { createHmac, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback } from '../../config/endpoints.ts';
import type { Secret } from '../../config/secret.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';

/** What its receiver is told: names and figures, and no word of anybody's. */
interface WebhookMessage {
  readonly v: 1;
  readonly id: string;
  readonly event: 'raised' | 'lowered';
  readonly at: At;
  readonly alarm: Alarm;
}

export interface AlarmWebhook {
  /** Never throws and waits for nobody; of more than `MOST_WAITING` the newest are left out, and that is told. */
  notify(event: WebhookMessage['event'], alarm: Alarm, at: At): void;
  /** When all is delivered, or given up. */
  settled(): Promise<void>;
  /** What is under way is given up. */
  close(): void;
}

export interface WebhookOptions {
  readonly url: string;
  readonly secret: Secret;
  /** Told what was not delivered, without an address. */
  readonly onLost: (why: string) => void;
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
export function createAlarmWebhook({ url, secret, onLost, pausesMs = PAUSES_MS }: WebhookOptions): AlarmWebhook {
  const ending = new AbortController();
  let waiting = 0;
  let last = Promise.resolve();
  const deliver = async (message: WebhookMessage): Promise<void> => {
    const body = JSON.stringify(message);
    for (let tries = 0; ; tries += 1) {
      const end = await post(url, { body, secret, signal: ending.signal });
      if (end === 'taken' || ending.signal.aborted) return;
      const pause = pausesMs[tries];
      if (end === 'refused' || pause === undefined) {
        onLost(end === 'refused' ? 'its receiver refused it' : 'its receiver cannot be reached');
        return;
      }
      await sleep(pause, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
    }
  };
  return {
    notify(event, alarm, at) {
      if (waiting >= MOST_WAITING) {
        onLost('too many wait already');
        return;
      }
      waiting += 1;
      const message: WebhookMessage = { v: 1, id: randomUUID(), event, at, alarm };
      last = last.then(async () => deliver(message)).finally(() => (waiting -= 1));
    },
    settled: async () => last,
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
    request.on('error', (thrown: NodeJS.ErrnoException) => resolve(thrown.code === FORBIDDEN ? 'refused' : 'failed'));
    request.end(body);
  });
}

function mayPass(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 425 || statusCode === 429 || statusCode >= 500;
}

const FORBIDDEN = 'EFORBIDDEN';

/** Where credentials of machines are served, and what is no address of a host. */
const NOBODYS = new BlockList();
NOBODYS.addSubnet('169.254.0.0', 16);
NOBODYS.addSubnet('0.0.0.0', 8);
NOBODYS.addSubnet('224.0.0.0', 3);
NOBODYS.addSubnet('fe80::', 10, 'ipv6');
NOBODYS.addSubnet('ff00::', 8, 'ipv6');
NOBODYS.addAddress('fd00:ec2::254', 'ipv6');
NOBODYS.addAddress('100.100.100.200');
const OWN = new BlockList();
OWN.addSubnet('127.0.0.0', 8);
OWN.addAddress('::1', 'ipv6');
OWN.addAddress('::', 'ipv6');

/** Whether an address may be posted to. A name that leads to this machine is no name of another's. Pure. */
export function mayPostTo(address: string, isOwn: boolean): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  return isIP(plain) !== 0 && !NOBODYS.check(plain, family) && (isOwn || !OWN.check(plain, family));
}

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
