import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { createOtlpSender } from './otlp-sender.ts';

const SETTINGS = {
  url: 'http://collector.test/v1/traces',
  protocol: 'http/json',
  headers: {},
  timeoutMs: 120_000,
  isCompressed: false,
  tls: { ca: undefined, key: undefined, cert: undefined },
} as const;

test.each(['3000000000', '1e300', 'Infinity'])(
  'a collector that is busy for %s s is not asked again at once',
  async (seconds) => {
    let asked = 0;
    const request = async (): Promise<object> => {
      asked += 1;
      return { statusCode: 503, headers: { 'retry-after': seconds }, body: [] };
    };
    const sender = createOtlpSender(SETTINGS, { Agent, request: request as never });
    const sent = sender.send(new Uint8Array(1));
    // A pause that is too long for a timer would be over by now, and the next ones, too.
    await sleep(100);
    await sender.close();
    expect(await sent).toEqual({ kind: 'lost', why: 'it answered 503' });
    expect(asked).toBe(1);
  },
);
