import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Secret } from '../config/secret.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { modelId } from '../testing/index.ts';
import { CLAUDE, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';

interface Bucket {
  tokens: number;
  atMs: number;
  served: number;
  turnedAway: number;
}

interface Limit {
  readonly capacity: number;
  readonly perSecond: number;
}

/** A vendor that holds each key to a bucket of its own, to the token, and says so as Anthropic does. */
async function vendorWithLimits({
  capacity,
  perSecond,
}: Limit): Promise<{ readonly url: string; readonly buckets: Map<string, Bucket> }> {
  const buckets = new Map<string, Bucket>();
  const { url } = await openVendor((response, { headers }) => {
    const key = String(headers['x-api-key']);
    const nowMs = performance.now();
    const bucket = buckets.get(key) ?? { tokens: capacity, atMs: nowMs, served: 0, turnedAway: 0 };
    buckets.set(key, bucket);
    bucket.tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000);
    bucket.atMs = nowMs;
    const isServed = bucket.tokens >= 1;
    if (isServed) bucket.tokens -= 1;
    const fullMs = ((capacity - bucket.tokens) * 1000) / perSecond;
    const limits = {
      'content-type': 'application/json',
      'anthropic-ratelimit-requests-limit': String(capacity),
      'anthropic-ratelimit-requests-remaining': String(Math.floor(bucket.tokens)),
      'anthropic-ratelimit-requests-reset': new Date(Date.now() + fullMs).toISOString(),
    };
    if (isServed) {
      bucket.served += 1;
      const content = [{ type: 'text', text: 'hi' }];
      const usage = { input_tokens: 10, output_tokens: 1 };
      const body = {
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content,
        stop_reason: 'end_turn',
        usage,
      };
      response.writeHead(200, limits).end(JSON.stringify(body));
    } else {
      bucket.turnedAway += 1;
      const waitMs = Math.ceil(((1 - bucket.tokens) * 1000) / perSecond);
      const error = { type: 'rate_limit_error', message: 'This request would exceed your rate limit' };
      response
        .writeHead(429, {
          ...limits,
          'retry-after-ms': String(waitMs),
          'retry-after': String(Math.ceil(waitMs / 1000)),
        })
        .end(JSON.stringify({ type: 'error', error }));
    }
  });
  return { url, buckets };
}

const KEYS = ['KEY_A', 'KEY_B', 'KEY_C'] as const;

async function kitWithKeys(url: string): Promise<GatewayKit> {
  const models = KEYS.map((name, index): Model =>
    index === 0
      ? CLAUDE
      : {
          ...CLAUDE,
          id: modelId(`anthropic#${name}/${CLAUDE.id}`),
          sameAs: CLAUDE.id,
          endpoint: asId<EndpointId>(`anthropic#${name}`),
        },
  );
  const endpoints = new Map(
    models.map(({ endpoint }, index) => {
      const name = KEYS[index] ?? '';
      return [
        endpoint,
        {
          id: endpoint,
          baseUrl: url,
          wires: ['anthropic-messages'] as const,
          apiKey: new Secret(`value-of-${name}`, `env ${name}`),
          apiKeyName: name,
          keyless: false,
          headers: {},
          timeoutMs: undefined,
          idleTimeoutMs: undefined,
          compliance: {},
          wanted: true,
        },
      ] as const;
    }),
  );
  const kit = await openGatewayKit({ upstreamUrl: url, models, deps: { endpoints } });
  return kit;
}

/** As the vendors' SDKs do: two more tries, after the time that the answer asks for. */
async function askAsSdk(kit: GatewayKit, session: string): Promise<number> {
  const body = { model: CLAUDE.id, max_tokens: 10, messages: [{ role: 'user', content: session }] };
  for (let retry = 0; ; retry++) {
    const answer = await kit.post('/v1/messages', body, { 'x-session-id': session });
    await answer.arrayBuffer();
    if (answer.status !== 429 || retry === 2) return answer.status;
    await wait(Number(answer.headers.get('retry-after-ms') ?? 1000 * Number(answer.headers.get('retry-after') ?? 1)));
  }
}

async function storm(
  kit: GatewayKit,
  of: { readonly clients: number; readonly calls: number },
): Promise<readonly number[]> {
  const statuses: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: of.clients }, async () => {
      while (next < of.calls) statuses.push(await askAsSdk(kit, `call-${next++}`));
    }),
  );
  return statuses;
}

test('three keys give what three keys may, and no call is lost, while the buckets last', async () => {
  const vendor = await vendorWithLimits({ capacity: 30, perSecond: 0.001 });
  const kit = await kitWithKeys(vendor.url);
  // One less than each holds: which of several calls under way takes the last token is nobody's to know.
  const statuses = await storm(kit, { clients: 6, calls: 87 });
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  const buckets = [...vendor.buckets.values()];
  expect(buckets.map(({ served }) => served).every((served) => served >= 27)).toBe(true);
  // A key is asked again only by those calls that were under way when it said that it was spent.
  expect(buckets.reduce((sum, { turnedAway }) => sum + turnedAway, 0)).toBeLessThanOrEqual(6 * KEYS.length);
});

test('when all are at their limits calls wait their turn, and none is lost', async () => {
  const vendor = await vendorWithLimits({ capacity: 4, perSecond: 20 });
  const kit = await kitWithKeys(vendor.url);
  const statuses = await storm(kit, { clients: 24, calls: 120 });
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  const buckets = [...vendor.buckets.values()];
  expect(buckets).toHaveLength(KEYS.length);
  const served = buckets.map((bucket) => bucket.served);
  expect(served.reduce((sum, one) => sum + one, 0)).toBe(120);
  expect(Math.min(...served)).toBeGreaterThan(20);
  expect(JSON.stringify([kit.calls, kit.steps, kit.warnings])).not.toContain('value-of-');
});
