import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { CallerWire, Model, Wire } from '../domain/model.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, EVERY_WIRE, GEMINI, GPT } from '../testing/internal/gateway-kit.ts';
import { closeAtEnd, openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { seededBytes } from '../testing/internal/seeded-bytes.ts';
import { WIRE_FORMATS } from '../wires/wire-formats.ts';

interface Caller {
  readonly wire: CallerWire;
  path(model: string, stream: boolean): string;
  body(model: string, stream: boolean): object;
  /** What only a stream that ended well says. */
  readonly endMark: string;
  /** Its model, and what that model's stream says when all is said. */
  readonly model: Model;
  readonly lastWord: string;
}

const messages = [{ role: 'user', content: 'x' }];
const callers: readonly Caller[] = [
  {
    wire: 'anthropic-messages',
    path: () => '/v1/messages',
    body: (model, stream) => ({ model, stream, max_tokens: 50, messages }),
    endMark: 'message_stop',
    model: CLAUDE,
    lastWord: 'event: message_stop',
  },
  {
    wire: 'openai-chat',
    path: () => '/v1/chat/completions',
    body: (model, stream) => ({
      model,
      stream,
      messages,
      stream_options: stream ? { include_usage: true } : undefined,
    }),
    endMark: '[DONE]',
    model: CHAT,
    lastWord: '"finish_reason":"',
  },
  {
    wire: 'openai-responses',
    path: () => '/v1/responses',
    body: (model, stream) => ({ model, stream, input: 'x' }),
    endMark: 'response.completed',
    model: GPT,
    lastWord: 'event: response.completed',
  },
  {
    wire: 'gemini-generate-content',
    path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'x' }] }] }),
    endMark: '"finishReason":"STOP"',
    model: GEMINI,
    lastWord: '"finishReason":"',
  },
];
const pairs = callers.flatMap((caller) =>
  callers.map((other) => ({ caller, from: caller.wire, other, to: other.wire })),
);

/** An error in the form of a caller's own vendor. */
function isErrorOf(wire: Wire, body: unknown): boolean {
  if (wire === 'gemini-generate-content') {
    const { code, status, message } = (body as { readonly error: Readonly<Record<string, unknown>> }).error;
    return typeof code === 'number' && typeof status === 'string' && typeof message === 'string' && message !== '';
  }
  const { type, error } = body as {
    readonly type?: unknown;
    readonly error?: { readonly type?: unknown; readonly message?: unknown };
  };
  const isError = typeof error?.type === 'string' && typeof error.message === 'string' && error.message !== '';
  return isError && (type === 'error') === (wire === 'anthropic-messages');
}

describe.each(pairs)('a caller of $from over a vendor of $to', ({ caller, other }) => {
  const statuses = [400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504, 529] as const;

  test('gets every refusal of it as its own vendor would say it, with the hint when to come back', async () => {
    let status = 0;
    const vendor = await openVendor((response) => {
      const error = { type: 'some_error', code: null, message: `vendor says ${status}` };
      const google = { code: status, message: error.message, status: 'UNKNOWN' };
      const body =
        other.wire === 'anthropic-messages'
          ? { type: 'error', error }
          : { error: other.wire === 'gemini-generate-content' ? google : error };
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' }).end(JSON.stringify(body));
    });
    const breaker = {
      openAfterCount: 100,
      openAtRatio: 1,
      minimumCount: 1000,
      windowMs: 1000,
      openMs: 1,
      maxOpenMs: 1,
    };
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: EVERY_WIRE,
      settings: { maxRetries: 0, breaker },
    });
    for (status of statuses) {
      const answer = await kit.post(caller.path(other.model.id, true), caller.body(other.model.id, true));
      const body: unknown = await answer.json();
      expect(isErrorOf(caller.wire, body), `${status}: ${JSON.stringify(body)}`).toBe(true);
      // Too large is worded so that the caller's compaction begins.
      if (status !== 413) expect(JSON.stringify(body)).toContain(`vendor says ${status}`);
      expect(answer.status < 500, `${status} became ${answer.status}`).toBe(status < 500);
      if (status === 401 || status === 403) expect(answer.status).toBe(status);
      if (status === 429 || status === 529) {
        expect(answer.status).toBe(status);
        expect(answer.headers.get('retry-after')).toBe('7');
      }
    }
    expect(kit.calls).toHaveLength(statuses.length);
  });

  test('is never told that an answer is whole when it was cut, wherever it was cut', async () => {
    const scripted = await createScriptedServer({
      models: EVERY_WIRE,
      script: () => ({ thinking: 'hm', text: 'some words', toolCalls: [{ name: 'f', input: { a: 1 } }] }),
    });
    closeAtEnd(scripted);
    const tools = {
      'anthropic-messages': [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      'openai-chat': [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
      'openai-responses': [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }],
      'gemini-generate-content': [
        { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object', properties: {} } }] },
      ],
    } as const;
    const direct = await fetch(
      scripted.url +
        WIRE_FORMATS[other.wire].path(scripted.url, {
          model: other.model.wireModel,
          isStream: true,
          search: '',
        }),
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ ...other.body(other.model.wireModel, true), tools: tools[other.wire] }),
      },
    );
    const whole = Buffer.from(await direct.arrayBuffer());
    const saidAll = whole.indexOf(other.lastWord);
    expect(saidAll).toBeGreaterThan(100);

    let cut = 0;
    const vendor = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(whole.subarray(0, cut), () => response.destroy());
    });
    const breaker = { openAfterCount: 1e6, openAtRatio: 1, minimumCount: 1e6, windowMs: 1000, openMs: 1, maxOpenMs: 1 };
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: EVERY_WIRE,
      settings: { maxRetries: 0, breaker },
    });
    const request = { ...caller.body(other.model.id, true), tools: tools[caller.wire] };
    const step = Math.ceil(whole.length / 24);
    for (cut = 1; cut < whole.length; cut += step) {
      const text = await kit
        .post(caller.path(other.model.id, true), request)
        .then(async (answer) => answer.text())
        .catch(() => 'the connection was cut');
      if (cut < saidAll) expect(text, `cut at ${cut}`).not.toContain(caller.endMark);
    }
    cut = whole.length;
    const end = await (await kit.post(caller.path(other.model.id, true), request)).text();
    expect(end).toContain(caller.endMark);
    const failed = kit.calls.filter((call) => call.errorCode !== undefined).length;
    expect(failed).toBeGreaterThanOrEqual(Math.floor(saidAll / step));
  });

  test('gets an error, not a hang, when the vendor answers with something else', async () => {
    const odd: readonly (readonly [Record<string, string>, string])[] = [
      [{ 'content-type': 'text/html' }, '<html>proxy</html>'],
      [{ 'content-type': 'application/json' }, '{"half":'],
      [{ 'content-type': 'application/json' }, ''],
      [{ 'content-type': 'text/event-stream' }, ''],
      [{ 'content-type': 'text/event-stream' }, 'data: not json\n\ndata: 5\n\ndata: null\n\n'],
      [{ 'content-type': 'text/event-stream' }, `data: ${'['.repeat(5000)}\n\n`],
      [{ 'content-type': 'text/event-stream', 'content-length': '9999' }, 'data: {}\n\n'],
    ];
    let turn = 0;
    const vendor = await openVendor((response, { socket }) => {
      const [headers, body] = odd[turn] ?? [{}, ''];
      response.writeHead(200, headers);
      response.end(body);
      if ('content-length' in headers) setTimeout(() => socket.destroy(), 20);
    });
    const breaker = {
      openAfterCount: 100,
      openAtRatio: 1,
      minimumCount: 1000,
      windowMs: 1000,
      openMs: 1,
      maxOpenMs: 1,
    };
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: EVERY_WIRE,
      settings: { maxRetries: 0, breaker, upstreamIdleMs: 500 },
    });
    for (turn = 0; turn < odd.length; turn++) {
      const text = await kit
        .post(caller.path(other.model.id, true), caller.body(other.model.id, true))
        .then(async (answer) => answer.text())
        .catch(() => 'the connection was cut');
      expect(text, `answer ${turn}`).not.toContain(caller.endMark);
    }
    expect(kit.calls).toHaveLength(odd.length);
    expect(kit.warnings).toEqual([]);
  });
});

describe('half of everything failing, under load', () => {
  const whole: Readonly<Record<string, string>> = {
    '/v1/messages':
      'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"claude-opus-test","usage":{"input_tokens":1,"output_tokens":1}}}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\nevent: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\nevent: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    '/v1/chat/completions':
      'data: {"id":"c","model":"chat-test","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}\n\ndata: {"id":"c","model":"chat-test","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
  };

  test('no call is lost: each ends whole, or in an error of its own dialect; afterwards all is as before', async () => {
    const dice = seededBytes(11);
    const roll = (): number => dice() / 0x1_0000_0000;
    let faultShare = 0.5;
    let now = 1_000_000;
    const drip = (response: ServerResponse, text: string): void => {
      let at = 0;
      const next = (): void => {
        if (response.destroyed) return;
        response.write(text.slice(at, (at += 60)));
        if (at < text.length) setTimeout(next, 2);
        else response.end();
      };
      next();
    };
    const vendor = await openVendor((response, { socket, url: path }) => {
      const text = whole[path] ?? '';
      const fault = roll() < faultShare ? Math.floor(roll() * 8) : -1;
      const begin = (): void => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
      };
      const fail = (status: number): void => {
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '2' }).end(
          JSON.stringify({
            ...(path === '/v1/messages' ? { type: 'error' } : {}),
            error: { type: 'ill', message: 'ill' },
          }),
        );
      };
      if (fault === 0) fail(429);
      else if (fault === 1) fail(529);
      else if (fault === 2) fail(500);
      else if (fault === 3) socket.resetAndDestroy();
      else if (fault === 4) {
        begin();
        response.write(text.slice(0, Math.floor(roll() * text.length)), () => socket.resetAndDestroy());
      } else if (fault === 5) {
        // Stalls for good, before its head or behind half an answer.
        if (roll() < 0.5) return;
        begin();
        response.write(text.slice(0, text.length / 2));
      } else if (fault === 6) {
        // A head that never ends.
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-slow: ');
      } else {
        begin();
        if (fault === 7) drip(response, text);
        else response.end(text);
      }
    });
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE, CHAT],
      settings: { upstreamIdleMs: 150, upstreamTimeoutMs: 150, retryBaseMs: 1 },
      deps: { clock: { now: () => now } },
    });
    const kinds = callers.flatMap((caller) => [CLAUDE.id, CHAT.id, 'auto'].map((model) => ({ caller, model })));
    const lost: string[] = [];
    let [good, reported, cut] = [0, 0, 0];
    const one = async (turn: number): Promise<void> => {
      const { caller, model } = kinds[turn % kinds.length] ?? { caller: callers[0] as Caller, model: 'auto' };
      now += 40;
      const answer = await kit.post(caller.path(model, true), caller.body(model, true));
      const text = await answer.text().catch(() => undefined);
      if (text === undefined) cut++;
      else if (answer.status === 200 && text.includes(caller.endMark)) good++;
      else if (answer.status === 200 && /"error"|response\.failed/u.test(text)) reported++;
      else if (answer.status !== 200 && isErrorOf(caller.wire, JSON.parse(text))) reported++;
      else lost.push(`${caller.wire} ${model} ${answer.status} ${text.slice(0, 200)}`);
    };
    let next = 0;
    const total = 270;
    await Promise.all(
      Array.from({ length: 24 }, async () => {
        while (next < total) await one(next++);
      }),
    );
    expect(lost).toEqual([]);
    expect(good + reported + cut).toBe(total);
    expect(good).toBeGreaterThan(total / 4);
    expect(reported).toBeGreaterThan(10);

    const circuits = async (): Promise<readonly string[]> => {
      const metrics = await (await fetch(`${kit.url}/metrics`)).text();
      return [...metrics.matchAll(/pointsman_circuit_state\{[^}]*\} (\d)/gu)].map((match) => match[1] ?? '');
    };
    faultShare = 1;
    for (let turn = 0; turn < 3 * kinds.length && (await circuits()).some((state) => state !== '2'); turn++)
      await one(turn);
    expect(await circuits()).toEqual(['2', '2']);

    faultShare = 0;
    for (let turn = 0; turn < 2 * kinds.length; turn++) {
      now += 60_000;
      await one(turn);
    }
    const before = good;
    for (let turn = 0; turn < kinds.length; turn++) await one(turn);
    expect(good - before).toBe(kinds.length);
    expect(lost).toEqual([]);
    expect(await circuits()).toEqual(['0', '0']);
    expect(vendor.sockets.size).toBeLessThanOrEqual(256);
    expect(kit.warnings).toEqual([]);
  });
});
