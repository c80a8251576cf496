import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { CallResult } from '../domain/call.ts';
import { asId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { aCallRequest, aGptModel, aModel, createScriptedServer, scriptedProviders } from '../testing/index.ts';
import { REAL_ADAPTERS } from '../testing/scripted-providers.ts';
import { collectOutcome, type CallOutcome } from './collect.ts';
import { createProviders } from './create-providers.ts';

const claude = aModel();
const responses = aGptModel();
const chat = aGptModel({ wire: 'openai-chat' });

/** Plays exactly these frames to one call. */
async function play(model: Model, frames: readonly (object | string)[]): Promise<CallOutcome> {
  const chunks = frames.map((frame) => {
    if (typeof frame === 'string') return frame;
    const event = 'type' in frame && model !== chat ? `event: ${String(frame.type)}\n` : '';
    return `${event}data: ${JSON.stringify(frame)}\n\n`;
  });
  const server = await createScriptedServer({ script: [{ answer: { failure: { kind: 'raw', chunks } } }] });
  try {
    const provider = scriptedProviders(server).get(model.endpoint);
    if (provider === undefined) throw new Error('no provider');
    const { signal } = new AbortController();
    return await collectOutcome(provider.stream(model, aCallRequest(), { signal }), { model });
  } finally {
    await server.close();
  }
}

function resultOf(outcome: CallOutcome): CallResult {
  if (outcome.kind === 'failed') throw outcome.error;
  return outcome.result;
}

function codeOf(outcome: CallOutcome): string | undefined {
  return outcome.kind === 'failed' ? outcome.error.code : 'finished';
}

const claudeStart = { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3 } } };
const claudeEnd = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
];
const block = (content_block: object): object => ({ type: 'content_block_start', index: 0, content_block });
const delta = (inner: object): object => ({ type: 'content_block_delta', index: 0, delta: inner });
const stop = { type: 'content_block_stop', index: 0 };
const say = (delta: object, finish_reason: string | null = null): object => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
});

describe('Anthropic Messages', () => {
  test('events, blocks and deltas of unknown types are skipped', async () => {
    const outcome = await play(claude, [
      ': a comment\n\n',
      claudeStart,
      { type: 'weather', forecast: 'rain' },
      block({ type: 'hologram', shape: 'cat' }),
      delta({ type: 'hologram_delta', pixels: 3 }),
      stop,
      block({ type: 'text', text: '' }),
      delta({ type: 'text_delta', text: 'Hi' }),
      delta({ type: 'citations_delta', citation: {} }),
      stop,
      ...claudeEnd,
    ]);
    expect(resultOf(outcome).message.content).toEqual([{ type: 'text', text: 'Hi' }]);
  });

  test('redacted thinking is kept byte for byte', async () => {
    const outcome = await play(claude, [
      claudeStart,
      block({ type: 'redacted_thinking', data: 'EuYB+/=' }),
      stop,
      ...claudeEnd,
    ]);
    const issued = { by: claude.id, wire: { type: 'redacted_thinking', data: 'EuYB+/=' } };
    expect(resultOf(outcome).message.content).toEqual([{ type: 'thinking', text: '', issued }]);
  });

  test('a known event of the wrong shape is a protocol error', async () => {
    expect(codeOf(await play(claude, [claudeStart, { type: 'content_block_delta', index: 'first' }]))).toBe(
      'provider-protocol',
    );
    expect(codeOf(await play(claude, [claudeStart, block({ type: 'tool_use', id: 'x' })]))).toBe('provider-protocol');
    expect(codeOf(await play(claude, [claudeStart, { type: 'message_stop' }]))).toBe('provider-protocol');
  });

  test('a negative count makes the bill unknown, and costs no answer', async () => {
    const start = { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: -3 } } };
    expect(codeOf(await play(claude, [start, ...claudeEnd]))).toBe('finished');
  });

  test('a tool call with broken input is a protocol error, and is left out when the output limit cut it', async () => {
    const frames = [
      claudeStart,
      block({ type: 'tool_use', id: 't', name: 'go', input: {} }),
      delta({ type: 'input_json_delta', partial_json: '{"to": "Zü' }),
      stop,
    ];
    expect(codeOf(await play(claude, [...frames, ...claudeEnd]))).toBe('provider-protocol');
    const cut = [{ type: 'message_delta', delta: { stop_reason: 'max_tokens' } }, { type: 'message_stop' }];
    const result = resultOf(await play(claude, [...frames, ...cut]));
    expect([result.finishReason, result.message.content]).toEqual(['length', []]);
  });

  test('nothing that comes after the end is heard', async () => {
    const outcome = await play(claude, [
      claudeStart,
      ...claudeEnd,
      { type: 'error', error: { type: 'api_error', message: 'late' } },
    ]);
    expect(codeOf(outcome)).toBe('finished');
  });

  test('a line without end is cut off', async () => {
    const outcome = await play(claude, [claudeStart, `data: ${'x'.repeat(17 * 1024 * 1024)}`]);
    expect(codeOf(outcome)).toBe('provider-protocol');
  });
});

describe('Chat Completions', () => {
  test('tool calls may interleave, share number 0, come whole, or come without an id', async () => {
    const call = (index: number, id: string | undefined, name: string | undefined, args: string): object =>
      say({ tool_calls: [{ index, id, function: { name, arguments: args } }] });
    const interleaved = await play(chat, [
      call(0, 'a', 'one', ''),
      call(1, 'b', 'two', '{"y"'),
      call(0, undefined, undefined, '{"x":1}'),
      call(1, undefined, undefined, ':2}'),
      say({}, 'tool_calls'),
    ]);
    expect(resultOf(interleaved).message.content).toMatchObject([
      { toolCallId: 'a', toolName: 'one', input: { x: 1 } },
      { toolCallId: 'b', toolName: 'two', input: { y: 2 } },
    ]);
    const numberless = await play(chat, [call(0, 'a', 'one', '{}'), call(0, 'b', 'two', '{}'), say({}, 'stop')]);
    expect(resultOf(numberless).message.content).toMatchObject([{ toolCallId: 'a' }, { toolCallId: 'b' }]);
    expect(resultOf(numberless).finishReason).toBe('tool-calls');
    const idless = await play(chat, [call(0, undefined, 'one', '{}'), call(1, '', 'two', '{}'), say({}, 'tool_calls')]);
    const ids = resultOf(idless).message.content.map((part) => part.type === 'tool-call' && part.toolCallId);
    expect(ids).toEqual(['c1-0', 'c1-1']);
  });

  test('arguments that would be written differently, and vendor state, are kept as they came', async () => {
    const extra_content = { google: { thought_signature: 'sig==' } };
    const frames = [
      say({ tool_calls: [{ index: 0, id: 'a', function: { name: 'go', arguments: '{ "b": 1 }' }, extra_content }] }),
      say({}, 'tool_calls'),
    ];
    const [call] = resultOf(await play(chat, frames)).message.content;
    expect(call).toMatchObject({
      input: { b: 1 },
      issued: { by: chat.id, wire: { arguments: '{ "b": 1 }', extra_content } },
    });
  });

  test.each(['reasoning_content', 'reasoning'])('thinking in %s ends where text begins', async (field) => {
    const outcome = await play(chat, [
      say({ [field]: 'h' }),
      say({ [field]: 'm' }),
      say({ content: 'Hi' }),
      say({}, 'stop'),
    ]);
    expect(resultOf(outcome).message.content).toEqual([
      { type: 'thinking', text: 'hm', issued: { by: chat.id, wire: { [field]: 'hm' } } },
      { type: 'text', text: 'Hi' },
    ]);
  });

  test('an end without [DONE] is an end, one without a finish reason is not', async () => {
    expect(codeOf(await play(chat, [say({ content: 'Hi' }), say({}, 'stop')]))).toBe('finished');
    expect(codeOf(await play(chat, [say({ content: 'Hi' }), 'data: [DONE]\n\n']))).toBe('provider-unavailable');
  });

  test('an error inside the stream keeps its meaning', async () => {
    const overload = await play(chat, [say({ content: 'Hi' }), { error: { message: 'upstream is busy', code: 429 } }]);
    expect(codeOf(overload)).toBe('provider-rate-limited');
    expect(codeOf(await play(chat, [{ error: { message: 'no', type: 'authentication_error' } }]))).toBe(
      'provider-auth',
    );
  });

  test('chunks of the wrong shape are a protocol error, an odd usage is none', async () => {
    expect(codeOf(await play(chat, [{ choices: 'none' }]))).toBe('provider-protocol');
    expect(
      codeOf(
        await play(chat, [
          say({ content: 'x' }),
          say({}, 'stop'),
          { choices: [], usage: { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 2 } } },
        ]),
      ),
    ).toBe('finished');
  });
});

describe('Responses', () => {
  const created = { type: 'response.created', response: { id: 'resp_1', model: 'm' } };

  test('a response that failed says why', async () => {
    const failed = (code: string): object => ({
      type: 'response.failed',
      response: { error: { code, message: 'no' } },
    });
    expect(codeOf(await play(responses, [created, failed('rate_limit_exceeded')]))).toBe('provider-rate-limited');
    expect(codeOf(await play(responses, [created, failed('context_length_exceeded')]))).toBe('context-overflow');
    expect(codeOf(await play(responses, [created, failed('server_error')]))).toBe('provider-unavailable');
  });

  test('items and events of unknown types are skipped', async () => {
    const outcome = await play(responses, [
      created,
      { type: 'response.telepathy', thought: 1 },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'web_search_call', id: 'ws' } },
      { type: 'response.output_item.done', output_index: 0, item: { type: 'web_search_call', id: 'ws' } },
      { type: 'response.completed', response: { usage: { input_tokens: 1, output_tokens: 1 } } },
    ]);
    expect(resultOf(outcome)).toMatchObject({ message: { content: [] }, finishReason: 'stop' });
  });

  test('an item is kept with its keys in the order in which they came', async () => {
    const item = { zeta: 1, id: 'rs_1', summary: [], encrypted_content: 'gAAA==', type: 'reasoning' };
    const outcome = await play(responses, [
      created,
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: {} },
    ]);
    const [part] = resultOf(outcome).message.content;
    expect(part?.type === 'thinking' && JSON.stringify(part.issued?.wire)).toBe(JSON.stringify(item));
    expect(resultOf(outcome).usage).toBeUndefined();
  });
});

describe('an answer without end', () => {
  test('is cut long before it fills the memory', async () => {
    const line = `: ${'x'.repeat(15 * 1024 * 1024)}\n\n`;
    const outcome = await play(chat, Array<string>(10).fill(line));
    expect(codeOf(outcome)).toBe('provider-protocol');
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining('in one answer') } });
  }, 60_000);
});

describe('an endpoint that leads elsewhere', () => {
  async function listening(handler: Parameters<typeof createServer>[1]): Promise<{ server: Server; url: string }> {
    const server = createServer({}, handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  test.each([claude, responses, chat, aModel({ endpoint: asId('google'), wire: 'gemini-generate-content' })])(
    'is not followed, for the prompt would go with it and some keys: $wire',
    async (model) => {
      const followed: string[] = [];
      const other = await listening((request, response) => {
        followed.push(JSON.stringify(request.headers));
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
      });
      const first = await listening((_request, response) => {
        response.writeHead(307, { location: `${other.url}/elsewhere?key=hidden` }).end();
      });
      try {
        const endpoint = { id: model.endpoint, wires: [model.wire], baseUrl: first.url, apiKey: 'k-1234567890' };
        const provider = createProviders([endpoint], { adapters: REAL_ADAPTERS }).get(model.endpoint);
        if (provider === undefined) throw new Error('no provider');
        const { signal } = new AbortController();
        const outcome = await collectOutcome(provider.stream(model, aCallRequest(), { signal }), { model });
        expect(followed).toEqual([]);
        expect(codeOf(outcome)).toBe('provider-protocol');
        expect(outcome).toMatchObject({
          error: { message: expect.stringContaining('redirects (307)'), retryable: false },
        });
      } finally {
        for (const { server } of [first, other]) server.close();
      }
    },
  );
});
