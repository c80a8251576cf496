import { describe, expect, test } from 'vitest';
import type { Embedder } from '../../predict/embedding/embedder.ts';
import { USE_LITE_VERSION } from '../../predict/onnx/embedding-protocol.ts';
import { aPolicy } from '../../testing/index.ts';
import { CLAUDE, type GatewayKit, type GatewayKitOptions } from '../../testing/internal/gateway-kit.ts';
import {
  anAccessKey,
  closeAtEnd,
  openGatewayKit,
  openVendor,
  type TestVendor,
} from '../../testing/internal/gateway-test.ts';
import { measuredThreshold } from './semantic-threshold.ts';

/** Finds every two texts as alike as it is told. */
function anEmbedder(similarity: number, version = USE_LITE_VERSION): Embedder & { count: number } {
  const other = Float32Array.of(similarity, Math.sqrt(1 - similarity ** 2));
  return {
    version,
    dimensionCount: 2,
    count: 0,
    embed(texts) {
      this.count += 1;
      return Promise.resolve(texts.map((_, index) => (index === 0 ? Float32Array.of(1, 0) : other)));
    },
    close: () => Promise.resolve(),
  };
}

/** Answers each request with its number. */
async function vendor(finish = 'end_turn'): Promise<TestVendor> {
  return openVendor((response, _request, count) => {
    const content = [{ type: 'text', text: `answer ${count}` }];
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: CLAUDE.id,
        content,
        stop_reason: finish,
        usage: { input_tokens: 9, output_tokens: 2 },
      }),
    );
  });
}

const willing = { ...aPolicy(), semanticCache: true };

async function kitOver(
  upstream: TestVendor,
  embedder: Embedder | undefined,
  options: Omit<Partial<GatewayKitOptions>, 'upstreamUrl'> = {},
): Promise<GatewayKit> {
  return openGatewayKit({
    upstreamUrl: upstream.url,
    models: [CLAUDE],
    ...options,
    deps: { policy: willing, openEmbedder: () => Promise.resolve(embedder), ...options.deps },
  });
}

const MARK = { 'x-pointsman-cache': 'semantic' };
const ask = (content: unknown, rest: object = {}): object => ({
  model: 'auto',
  max_tokens: 5,
  messages: [{ role: 'user', content }],
  ...rest,
});

async function said(answer: Response): Promise<{ readonly text: string | undefined; readonly cache: string | null }> {
  const body = (await answer.json()) as { readonly content?: readonly { readonly text: string }[] };
  return { text: body.content?.[0]?.text, cache: answer.headers.get('x-pointsman-cache') };
}

describe('a cache by meaning', () => {
  test('gives another wording the same answer, and header and record say how alike and how often wrong', async () => {
    const kit = await kitOver(await vendor(), anEmbedder(0.97));
    await said(await kit.post('/v1/messages', ask('What is the capital of France?'), MARK));
    const answer = await kit.post('/v1/messages', ask('please, what is capital of France'), MARK);
    const falseHits = measuredThreshold(USE_LITE_VERSION)?.falseHitRatio;
    expect(await said(answer)).toEqual({
      text: 'answer 1',
      cache: `semantic; similarity=0.9700; false-hits<=${falseHits}`,
    });
    expect(answer.headers.get('x-pointsman-billed-usd')).toBe('0.000');
    const [first, second] = kit.calls;
    expect(second).toMatchObject({
      purpose: 'response-cache',
      billNanoUsd: 0,
      requestedModel: CLAUDE.id,
      gateway: { answeredFrom: { callId: first?.callId, falseHitRatio: falseHits, encoderVersion: USE_LITE_VERSION } },
    });
    expect(second?.gateway?.answeredFrom?.similarityRatio).toBeCloseTo(0.97, 5);
  });

  test.each([
    ['the policy did not opt in', {}, aPolicy(), MARK],
    ['the request is not marked', {}, willing, {}],
    ['the request asks for exact answers only', {}, willing, { 'x-pointsman-cache': 'exact' }],
    ['the caller wants none', {}, willing, { 'x-pointsman-cache': 'off' }],
  ] as const)('stays shut when %s', async (_why, _rest, policy, headers) => {
    const upstream = await vendor();
    const embedder = anEmbedder(1);
    const kit = await kitOver(upstream, embedder, { deps: { policy } });
    await said(await kit.post('/v1/messages', ask('Sort it'), headers));
    await said(await kit.post('/v1/messages', ask('sort it.'), headers));
    expect([upstream.seen.length, embedder.count]).toEqual([2, 0]);
  });

  test('is open to unmarked requests where read-only ones are kept', async () => {
    const upstream = await vendor();
    const cache = { mode: 'read-only', ttlMs: 1000, maxBytes: 1e6 } as const;
    const kit = await kitOver(upstream, anEmbedder(1), { settings: { cache } });
    for (const text of ['Sort it', 'sort it.'])
      await said(await kit.post('/v1/messages', ask(text, { temperature: 0 })));
    expect(upstream.seen).toHaveLength(1);
    for (const text of ['Sort it', 'sort it.'])
      await said(await kit.post('/v1/messages', ask(text, { temperature: 0, tools: [{ name: 't' }] })));
    expect(upstream.seen).toHaveLength(3);
  });

  test('demands that everything but the last words is the same, byte for byte', async () => {
    const upstream = await vendor();
    const kit = await kitOver(upstream, anEmbedder(1));
    const others: readonly (readonly [object | string, Readonly<Record<string, string>>])[] = [
      [ask('Sort it'), MARK],
      [ask('sort it.', { max_tokens: 6 }), MARK],
      [ask('sort it.', { system: 'x' }), MARK],
      [ask('sort it.'), { ...MARK, 'anthropic-beta': 'y' }],
      [ask([{ type: 'text', text: 'sort it.' }]), MARK],
      [
        {
          ...ask(''),
          messages: [
            { role: 'user', content: 'a' },
            { role: 'assistant', content: 'b' },
            { role: 'user', content: 'sort it.' },
          ],
        },
        MARK,
      ],
      [ask('Sort them'), MARK],
      [JSON.stringify(ask('sort it.')).replace(',', ', '), MARK],
    ];
    for (const [body, headers] of others)
      expect((await said(await kit.post('/v1/messages', body, headers))).cache).toBeNull();
    expect(upstream.seen).toHaveLength(others.length);
    await said(await kit.post('/v1/messages', ask('sort it'), MARK));
    expect(upstream.seen).toHaveLength(others.length);
    const twice = '{"model":"auto","max_tokens":5,"messages":[{"role":"user","content":"x","content":"Sort it"}]}';
    expect((await kit.post('/v1/messages', twice, MARK)).status).toBe(400);
  });

  test('is not for requests that end in a tool’s result or a picture', async () => {
    const upstream = await vendor();
    const kit = await kitOver(upstream, anEmbedder(1));
    const result = { type: 'tool_result', tool_use_id: 't', content: 'Sort it' };
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'eA==' } };
    for (const content of [
      [result],
      [image, { type: 'text', text: 'Sort it' }],
      [image, { type: 'text', text: 'sort it.' }],
    ])
      await said(await kit.post('/v1/messages', ask(content), MARK));
    expect(upstream.seen).toHaveLength(3);
  });

  test('keeps tenants apart', async () => {
    const upstream = await vendor();
    const keys = [anAccessKey(), anAccessKey()] as const;
    const kit = await kitOver(upstream, anEmbedder(1), { deps: { accessKeys: keys.map(({ key }) => key) } });
    const as = (who: 0 | 1): Record<string, string> => ({ ...MARK, authorization: `Bearer ${keys[who].token}` });
    await said(await kit.post('/v1/messages', ask('Sort it'), as(0)));
    expect((await said(await kit.post('/v1/messages', ask('sort it.'), as(1)))).cache).toBeNull();
    expect((await said(await kit.post('/v1/messages', ask('sort it!'), as(0)))).cache).toContain('semantic');
  });

  test('never gives an answer that was cut at its limit', async () => {
    const upstream = await vendor('max_tokens');
    const kit = await kitOver(upstream, anEmbedder(1));
    for (const text of ['Sort it', 'sort it.']) await said(await kit.post('/v1/messages', ask(text), MARK));
    expect(upstream.seen).toHaveLength(2);
  });

  test('asks the vendor when the encoder finds the wordings less alike than its threshold', async () => {
    const upstream = await vendor();
    const least = measuredThreshold(USE_LITE_VERSION)?.minSimilarityRatio ?? 0;
    const kit = await kitOver(upstream, anEmbedder(least - 0.01));
    for (const text of ['Sort it', 'sort it.']) await said(await kit.post('/v1/messages', ask(text), MARK));
    expect(upstream.seen).toHaveLength(2);
  });

  test.each([
    ['there is none', undefined],
    ['nobody measured it', anEmbedder(1, 'another-encoder-1')],
    ['it is gone', { ...anEmbedder(1), embed: () => Promise.reject(new Error('closed')) }],
  ])('asks the vendor without the encoder: %s', async (_why, embedder) => {
    const upstream = await vendor();
    const kit = await kitOver(upstream, embedder);
    for (const text of ['Sort it', 'sort it.']) await said(await kit.post('/v1/messages', ask(text), MARK));
    expect(upstream.seen).toHaveLength(2);
    expect(kit.warnings.filter((line) => line.includes('stays shut')).length).toBeLessThanOrEqual(1);
  });

  test.each([
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: 'Sort it' }] },
      { messages: [{ role: 'user', content: 'sort it.' }] },
    ],
    ['/v1/responses', { input: 'Sort it' }, { input: 'sort it.' }],
    [
      '/v1/responses',
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Sort it' }] }] },
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'sort it.' }] }] },
    ],
  ])('works on %s too', async (path, one, other) => {
    const upstream = await vendor();
    const { createScriptedServer } = await import('../../providers/scripted/scripted-server.ts');
    const scripted = await createScriptedServer({ models: [CLAUDE] });
    closeAtEnd(scripted);
    const kit = await kitOver({ ...upstream, url: scripted.url }, anEmbedder(1));
    const first = await kit.post(path, { model: 'auto', ...one }, MARK);
    const body = await first.text();
    const second = await kit.post(path, { model: 'auto', ...other }, MARK);
    expect(await second.text()).toBe(body);
    expect(second.headers.get('x-pointsman-cache')).toContain('semantic');
  });
});
