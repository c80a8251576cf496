import { expect, test } from 'vitest';
import { Secret } from '../../config/secret.ts';
import { CHAT, CLAUDE, type GatewayKit, type GatewayKitOptions } from '../../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor } from '../../testing/internal/gateway-test.ts';
import { modelId } from '../../testing/model-builders.ts';
import { createSseParser } from '../../wires/shared/sse.ts';
import type { FeedEvent } from './live-feed.ts';

async function vendorThatAnswers(status: number): Promise<string> {
  const error = { type: 'authentication_error', message: 'invalid x-api-key' };
  const { url } = await openVendor((response) =>
    response.writeHead(status).end(JSON.stringify({ type: 'error', error })),
  );
  return url;
}

async function watched(
  options: GatewayKitOptions,
): Promise<{ readonly kit: GatewayKit; readonly next: () => Promise<FeedEvent> }> {
  const kit = await openGatewayKit(options);
  const { body } = await fetch(`${kit.url}/pointsman/tail`);
  const reader = body?.getReader();
  const events: FeedEvent[] = [];
  const parser = createSseParser(({ data }) => events.push(JSON.parse(data) as FeedEvent));
  const next = async (): Promise<FeedEvent> => {
    for (;;) {
      const event = events.shift();
      if (event !== undefined) return event;
      const chunk = await reader?.read();
      if (chunk?.value === undefined) throw new Error('the feed ended');
      parser.push(Buffer.from(chunk.value));
    }
  };
  return { kit, next };
}

const ask = (model: string): object => ({ model, max_tokens: 5, messages: [{ role: 'user', content: 'x' }] });

test('who watches sees a call that no model got, and why', async () => {
  const { kit, next } = await watched({ upstreamUrl: 'http://127.0.0.1:9', models: [CLAUDE] });
  await (await kit.post('/v1/messages', ask('klaude-opus-99'))).text();
  expect(await next()).toMatchObject({
    kind: 'refused',
    model: 'klaude-opus-99',
    reason: 'model-not-found',
    status: 404,
    outcome: 'failed',
  });
});

test.each([CLAUDE, CHAT])(
  'a key of ours that $id refuses is told with the name of its variable, to caller and operator',
  async (model) => {
    const baseUrl = await vendorThatAnswers(401);
    const endpoint = {
      id: model.endpoint,
      baseUrl,
      wires: [model.wire],
      apiKey: new Secret('our-secret-key', 'test'),
      apiKeyName: 'VENDOR_API_KEY',
      keyless: false,
      headers: {},
      timeoutMs: undefined,
      idleTimeoutMs: undefined,
      compliance: {},
      wanted: true,
    };
    const { kit, next } = await watched({
      upstreamUrl: baseUrl,
      models: [model],
      deps: { endpoints: new Map([[model.endpoint, endpoint]]) },
    });
    const answer = await kit.post('/v1/messages', ask('auto'));
    expect(answer.status).toBe(502);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const reported = await answer.text();
    expect(reported).toContain('VENDOR_API_KEY');
    expect(reported).not.toContain('our-secret-key');
    expect(kit.warnings.join(' ')).toContain('An endpoint refused its key');
    expect(await next()).toMatchObject({ status: 401, outcome: 'failed', model: model.id });
  },
);

test('without any key a caller is told to set one', async () => {
  const { kit } = await watched({
    upstreamUrl: 'http://127.0.0.1:9',
    models: [CLAUDE],
    deps: { endpoints: new Map() },
  });
  const answer = await kit.post('/v1/messages', ask('auto'));
  expect(answer.status).toBe(422);
  expect(await answer.text()).toContain('ANTHROPIC_API_KEY');
});

test('a dead endpoint is named, and one that refused its key is not asked again for its other models', async () => {
  const dead = await watched({ upstreamUrl: 'http://127.0.0.1:9', models: [CLAUDE], settings: { maxRetries: 0 } });
  expect(await (await dead.kit.post('/v1/messages', ask('auto'))).text()).toContain(
    String.raw`endpoint \"anthropic\" failed`,
  );
  const refusing = await watched({
    upstreamUrl: await vendorThatAnswers(401),
    models: [CLAUDE, { ...CLAUDE, id: modelId('claude-twin-test'), wireModel: 'claude-twin-test' }],
  });
  await (await refusing.kit.post('/v1/messages', ask('auto'))).text();
  expect((await refusing.next()).fallbackFrom).toEqual([]);
  expect(refusing.kit.calls[0]?.gateway?.fallbackFrom).toEqual([]);
});
