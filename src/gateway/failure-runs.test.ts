import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { aPolicy } from '../testing/index.ts';
import { CHAT, CLAUDE, CLAUDE_SMALL, GPT, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor, type TestVendor, type VendorAnswer } from '../testing/internal/gateway-test.ts';

const ok = (model: string): string =>
  JSON.stringify({
    id: 'm',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  });
const sendOk = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(ok('claude-opus-test'));
};
const sendError = (response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void => {
  const body = JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: `vendor says ${status}` } });
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
};
const message = (options: object = {}): object => ({
  model: 'auto',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'x' }],
  ...options,
});

const events = [
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"claude-opus-test","usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n',
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
];

describe('retries', () => {
  test.each([429, 500, 503, 529])(
    'a %i is tried again with the vendor’s own hint, unseen by the caller',
    async (status) => {
      const vendor = await openVendor((response, _request, count) => {
        if (count < 3) sendError(response, status, { 'retry-after-ms': '1' });
        else sendOk(response);
      });
      const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
      expect((await kit.post('/v1/messages', message())).status).toBe(200);
      expect(vendor.seen).toHaveLength(3);
      expect(kit.calls.at(-1)?.retryCount).toBe(2);
    },
  );

  test('a long wait is the caller’s to make: the vendor’s answer goes through with its hint', async () => {
    const vendor = await openVendor((response) => sendError(response, 429, { 'retry-after': '3600' }));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const answer = await kit.post('/v1/messages', message());
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('3600');
    expect(await answer.text()).toContain('vendor says 429');
    expect(vendor.seen).toHaveLength(1);
  });

  test('x-should-retry: false is obeyed, and a request at fault is sent once', async () => {
    const vendor = await openVendor((response, _request, count) => {
      sendError(response, count === 1 ? 500 : 400, count === 1 ? { 'x-should-retry': 'false' } : {});
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    expect((await kit.post('/v1/messages', message())).status).toBe(500);
    expect((await kit.post('/v1/messages', message())).status).toBe(400);
    expect(vendor.seen).toHaveLength(2);
  });

  test('thinking that the vendor refuses is taken out once and the call sent again', async () => {
    const vendor = await openVendor((response, { bytes }) => {
      if (!bytes.includes('"signature"')) {
        sendOk(response);
        return;
      }
      const error = {
        type: 'invalid_request_error',
        message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
      };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ type: 'error', error }));
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const messages = [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 't', signature: 'someone else' },
          { type: 'text', text: 'y' },
        ],
      },
      { role: 'user', content: 'z' },
    ];
    expect((await kit.post('/v1/messages', message({ messages }))).status).toBe(200);
    expect(vendor.seen).toHaveLength(2);
    expect(kit.calls.at(-1)?.gateway?.strippedThinkingCount).toBe(1);
  });
});

describe('fallback', () => {
  const split = async (
    answer: (response: ServerResponse) => void,
  ): Promise<{ readonly bad: TestVendor; readonly good: TestVendor; readonly baseUrls: Record<string, string> }> => {
    const bad = await openVendor(answer);
    const good = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = (fields: object): string =>
        `data: ${JSON.stringify({ id: 'c', model: 'chat-test', choices: [{ index: 0, ...fields }] })}\n\n`;
      response.end(
        `${chunk({ delta: { role: 'assistant', content: 'from chat' }, finish_reason: null })}${chunk({ delta: {}, finish_reason: 'stop' })}data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\ndata: [DONE]\n\n`,
      );
    });
    return { bad, good, baseUrls: { anthropic: bad.url, chat: good.url } };
  };

  test('another vendor’s equal stands in, in the caller’s dialect, and header and record say so', async () => {
    const { bad, good, baseUrls } = await split((response) => sendError(response, 529));
    const equal = { ...CHAT, abilityIndex: 60 };
    const kit = await openGatewayKit({
      upstreamUrl: bad.url,
      baseUrls,
      models: [
        {
          ...CLAUDE,
          frontier: false,
          prices: {
            ...CLAUDE.prices,
            base: { ...CLAUDE.prices.base, input: 0.1, output: 0.1, cacheWrite: 0.1, cacheRead: 0.01 },
          },
        },
        equal,
      ],
    });
    const answer = await kit.post('/v1/messages', message());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-pointsman-model')).toBe('chat-test');
    expect(answer.headers.get('x-pointsman-fallback')).toMatch(
      /^from=claude-opus-test; why=status 529; weaker=false; extra-usd=0\.0+\d+$/u,
    );
    // One more try of a warm endpoint, and no more where another waits.
    expect(bad.seen).toHaveLength(2);
    expect(await answer.json()).toMatchObject({
      content: [{ type: 'text', text: 'from chat' }],
      usage: { input_tokens: 5, output_tokens: 2 },
    });
    expect(good.seen).toHaveLength(1);
    expect(kit.calls.at(-1)?.gateway).toMatchObject({
      fallbackFrom: [{ model: 'claude-opus-test' }],
      weakerThanDecided: false,
    });
  });

  test('a weaker model stands in only where the user allows it', async () => {
    const { bad, good, baseUrls } = await split((response) => sendError(response, 529));
    const weak = { ...CHAT, abilityIndex: 5, contextTokens: 200_000 };
    const policy = aPolicy({ dial: 0 });
    const kit = await openGatewayKit({ upstreamUrl: bad.url, baseUrls, models: [CLAUDE, weak], deps: { policy } });
    const refused = await kit.post('/v1/messages', message());
    expect(refused.status).toBe(529);
    expect(good.seen).toHaveLength(0);
    const willing = await openGatewayKit({
      upstreamUrl: bad.url,
      baseUrls,
      models: [CLAUDE, weak],
      deps: { policy },
      settings: { allowWeakerFallback: true },
    });
    const answer = await willing.post('/v1/messages', message());
    expect(answer.headers.get('x-pointsman-fallback')).toContain('weaker=true');
    await answer.arrayBuffer();
    expect(willing.calls.at(-1)?.gateway?.weakerThanDecided).toBe(true);
  });

  test('a model that was named is obeyed or fails, never replaced', async () => {
    const { bad, good, baseUrls } = await split((response) => sendError(response, 529));
    const kit = await openGatewayKit({ upstreamUrl: bad.url, baseUrls, models: [CLAUDE, CHAT] });
    expect((await kit.post('/v1/messages', message({ model: CLAUDE.id }))).status).toBe(529);
    expect(good.seen).toHaveLength(0);
  });

  test('an overflow moves the call to a larger window, or is worded for the caller’s compaction', async () => {
    const { bad, good, baseUrls } = await split((response) => {
      const error = { type: 'invalid_request_error', message: 'prompt is too long: 210301 tokens > 200000 maximum' };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ type: 'error', error }));
    });
    const cheap = {
      ...CLAUDE,
      prices: {
        ...CLAUDE.prices,
        base: { ...CLAUDE.prices.base, input: 0.1, output: 0.1, cacheWrite: 0.1, cacheRead: 0.01 },
      },
    };
    const kit = await openGatewayKit({
      upstreamUrl: bad.url,
      baseUrls,
      models: [cheap, { ...CHAT, abilityIndex: 60, contextTokens: 1_000_000 }],
    });
    expect((await kit.post('/v1/messages', message())).headers.get('x-pointsman-model')).toBe('chat-test');
    expect(good.seen).toHaveLength(1);
    const responses = await kit.post('/v1/responses', { model: CLAUDE.id, input: 'x' });
    expect(responses.status).toBe(400);
    expect(await responses.json()).toMatchObject({
      error: {
        code: 'context_length_exceeded',
        message: expect.stringContaining('exceeds the context window') as string,
      },
    });
    const chat = await kit.post('/v1/chat/completions', {
      model: CLAUDE.id,
      messages: [{ role: 'user', content: 'x' }],
    });
    expect(await chat.json()).toMatchObject({
      error: { message: expect.stringContaining('maximum context length is 200000 tokens') as string },
    });
  });
});

describe('streams', () => {
  const stream = (response: ServerResponse, count: number, cut: boolean): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(events.slice(0, count).join(''), () => (cut ? response.destroy() : response.end()));
  };

  test.each([1, 2, 3, 4, 5])(
    'cut after %i events ends in an error event, is not begun again, and is booked',
    async (count) => {
      const vendor = await openVendor((response) => stream(response, count, true));
      const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
      const answer = await kit.post('/v1/messages', message({ stream: true }));
      const text = await answer.text();
      expect(text.startsWith(events.slice(0, count).join(''))).toBe(true);
      expect(text).toContain('event: error\ndata: {"type":"error"');
      expect(vendor.seen).toHaveLength(1);
      expect(kit.calls.at(-1)?.errorCode).toBe('provider-unavailable');
    },
  );

  test('cut inside an event cuts the caller’s too', async () => {
    const vendor = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${events[0]}event: content_block_st`, () => response.destroy());
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const answer = await kit.post('/v1/messages', message({ stream: true }));
    await expect(answer.text()).rejects.toThrow();
  });

  test('a clean end without its last event is a cut as well', async () => {
    const vendor = await openVendor((response) => stream(response, 3, false));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    expect(await (await kit.post('/v1/messages', message({ stream: true }))).text()).toContain('event: error');
  });

  test('silence is bridged by pings, before the first byte and between events', async () => {
    const vendor = await openVendor((response) => {
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(events[0]);
        // Long beside a ping's thirty, however busy the machine is.
        setTimeout(() => response.end(events.slice(1).join('')), 600);
      }, 120);
    });
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE],
      settings: { pingMs: 30, commitAfterMs: 30 },
    });
    const text = await (await kit.post('/v1/messages', message({ stream: true }))).text();
    expect(text.startsWith('event: ping')).toBe(true);
    expect(text.slice(text.indexOf('message_start')).split('event: ping').length).toBeGreaterThan(1);
    expect(text.replaceAll('event: ping\ndata: {"type":"ping"}\n\n', '')).toBe(events.join(''));
  });

  test('an upstream that stalls for good is given up, and the caller told', async () => {
    const vendor = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(events[0]);
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE], settings: { upstreamIdleMs: 100 } });
    const text = await (await kit.post('/v1/messages', message({ stream: true }))).text();
    expect(text).toContain('event: error');
    expect(kit.calls.at(-1)?.errorCode).toBe('provider-timeout');
    await waitFor(() => vendor.leftCount === 1);
  });

  test('an error after pings began is an event of the caller’s dialect', async () => {
    const vendor = await openVendor((response) => setTimeout(() => sendError(response, 400), 100));
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE],
      settings: { commitAfterMs: 20, pingMs: 20 },
    });
    const answer = await kit.post('/v1/messages', message({ stream: true }));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"vendor says 400"',
    );
  });

  test('a caller that leaves closes the upstream socket, waiting or streaming', async () => {
    const vendor = await openVendor((response, _request, count) => {
      if (count === 2) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(events[0]);
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    for (const expected of [1, 2]) {
      const leave = new AbortController();
      const request = fetch(`${kit.url}/v1/messages`, {
        method: 'POST',
        body: JSON.stringify(message({ stream: true })),
        signal: leave.signal,
      });
      request.catch(() => undefined);
      await waitFor(() => vendor.seen.length === expected);
      if (expected === 2) await request;
      leave.abort();
      await waitFor(() => vendor.leftCount === expected);
    }
    await waitFor(() => kit.calls.length === 2);
    expect(kit.calls.map((call) => call.errorCode)).toEqual(['aborted', 'aborted']);
  });

  test('a slow reader holds the upstream back instead of filling memory', async () => {
    let written = 0;
    const vendor = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const pad = `: ${'x'.repeat(64 * 1024)}\n\n`;
      const pump = (): void => {
        while (written < 64 * 1024 * 1024 && !response.destroyed) {
          written += pad.length;
          if (!response.write(pad)) {
            response.once('drain', pump);
            return;
          }
        }
      };
      pump();
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const answer = await kit.post('/v1/messages', message({ stream: true }));
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    expect(written).toBeLessThan(48 * 1024 * 1024);
    await answer.body?.cancel();
  });
});

describe('circuit', () => {
  test('opens after failures, keeps calls away, and closes when a probe is answered', async () => {
    let unhealthy = true;
    let now = 1_000_000;
    const vendor = await openVendor((response) => (unhealthy ? response.destroy() : sendOk(response)));
    const other = await openVendor((response) => sendError(response, 500));
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE, GPT],
      baseUrls: { openai: other.url },
      settings: { maxRetries: 0 },
      deps: { clock: { now: () => now } },
    });
    const ask = async (): Promise<number> => (await kit.post('/v1/messages', message({ model: CLAUDE.id }))).status;
    for (let count = 0; count < 5; count++) expect(await ask()).toBe(502);
    const metrics = await (await fetch(`${kit.url}/metrics`)).text();
    expect(metrics).toContain('pointsman_circuit_state{endpoint="anthropic",model="claude-opus-test"} 2');
    const before = vendor.seen.length;
    await kit.post('/v1/messages', message());
    expect(vendor.seen).toHaveLength(before);
    unhealthy = false;
    now += 60_000;
    expect(await ask()).toBe(200);
    expect(await (await fetch(`${kit.url}/metrics`)).text()).toContain(
      'pointsman_circuit_state{endpoint="anthropic",model="claude-opus-test"} 0',
    );
  });

  test('at half the calls failing, every caller gets an answer or an error that it can act on', async () => {
    let state = 7;
    const chance = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const vendor = await openVendor((response) => {
      const roll = chance();
      if (roll < 0.5) sendOk(response);
      else if (roll < 0.7) sendError(response, 529, { 'retry-after-ms': '1' });
      else if (roll < 0.85) sendError(response, 500);
      else response.destroy();
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, CLAUDE_SMALL] });
    const answers = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        const answer = await kit.post('/v1/messages', message({ messages: [{ role: 'user', content: `x${index}` }] }));
        return { status: answer.status, body: (await answer.json()) as { readonly type: string } };
      }),
    );
    expect(
      answers.every(({ status, body }) => (status === 200 ? body.type === 'message' : body.type === 'error')),
    ).toBe(true);
    expect(answers.every(({ status }) => [200, 429, 500, 502, 529].includes(status))).toBe(true);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(5);
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  expect(condition()).toBe(true);
}

describe('a vendor that is well again, the only one', () => {
  /** One vendor that has been ill until its circuit opened, two of its models in the pool. */
  const afterOutage = async (
    answer: (response: ServerResponse) => void,
    pauseMs: number,
  ): Promise<{ readonly kit: GatewayKit; readonly ask: (stream?: boolean) => Promise<Response> }> => {
    let isUnhealthy = true;
    let nowMs = 1000;
    const vendor = await openVendor((response) => (isUnhealthy ? sendError(response, 529) : answer(response)));
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE, CLAUDE_SMALL],
      settings: { maxRetries: 0 },
      deps: { clock: { now: () => Date.now(), monotonicMs: () => nowMs } },
    });
    const ask = async (stream = false): Promise<Response> => kit.post('/v1/messages', message({ stream }));
    for (let count = 0; count < 5; count++) await (await ask()).arrayBuffer();
    expect(await (await fetch(`${kit.url}/metrics`)).text()).toContain(
      'circuit_state{endpoint="anthropic",model="claude-opus-test"} 2',
    );
    isUnhealthy = false;
    nowMs += pauseMs;
    return { kit, ask };
  };
  const statusesOf = async (ask: () => Promise<Response>): Promise<readonly number[]> =>
    Promise.all(
      Array.from({ length: 14 }, async () => {
        const answer = await ask();
        await answer.arrayBuffer();
        return answer.status;
      }),
    );

  test('is well from the first byte of its probe on, however long that streams', async () => {
    let count = 0;
    const { kit, ask } = await afterOutage((response) => {
      count += 1;
      if (count > 1) sendOk(response);
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(events.slice(0, 3).join(''));
    }, 60_000);
    const probe = await ask(true);
    const reader = probe.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    expect(await (await fetch(`${kit.url}/metrics`)).text()).toContain(
      'circuit_state{endpoint="anthropic",model="claude-opus-test"} 0',
    );
    expect(await statusesOf(ask)).toEqual(Array.from({ length: 14 }, () => 200));
    await reader?.cancel();
  });

  test.each([
    ['a silent probe', 60_000],
    ['a circuit that is still open', 0],
  ])('takes calls in spite of %s: there is nobody else to send them to', async (_what, pauseMs) => {
    let count = 0;
    const held: ServerResponse[] = [];
    const { ask } = await afterOutage((response) => {
      count += 1;
      if (count === 1) held.push(response);
      else sendOk(response);
    }, pauseMs);
    const probe = ask();
    await expect.poll(() => held.length).toBe(1);
    expect(await statusesOf(ask)).toEqual(Array.from({ length: 14 }, () => 200));
    for (const response of held) sendOk(response);
    expect((await probe).status).toBe(200);
  });

  test('an endless line ends its own stream and nothing else', async () => {
    const answer: VendorAnswer = (response, _request, count) => {
      if (count > 1) {
        sendOk(response);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: ');
      const piece = Buffer.alloc(1024 * 1024, 'x');
      const pour = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', pour);
      pour();
    };
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const vendor = await openVendor(answer);
      const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
      const response = await kit.post(path, message({ stream: true }));
      await response.text().catch(() => undefined);
      await expect.poll(() => kit.calls.at(-1)?.errorCode).toBe('provider-protocol');
      expect((await kit.post('/v1/messages', message())).status).toBe(200);
    }
  });
});
