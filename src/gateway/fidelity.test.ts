import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import { CHAT, CLAUDE, EVERY_WIRE, GEMINI, GPT } from '../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { fieldsIn, listIn, type Fields } from '../wires/shared/fields.ts';

/**
 * The fidelity probe of peers.md §4 (2026-11-21): a tool loop of two calls in the form of Claude Code, and what of it the
 * upstream gets. One test per column.
 */
const SESSION = '00000000-0000-4000-8000-000000000001';
const BETAS = 'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27';
const HEADERS = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta': BETAS,
  'user-agent': 'claude-cli/2.1.281 (external, sdk-cli)',
  'x-app': 'cli',
  'x-claude-code-session-id': SESSION,
};
const tools = ['Read', 'Bash', 'Edit'].map((name, index) => ({
  name,
  description: `${name} tool ${'x'.repeat(200)}`,
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  ...(index === 2 ? { cache_control: { type: 'ephemeral', ttl: '1h' } } : {}),
}));
const opening = [{ type: 'text', text: '<system-reminder>\n(reminder)\n</system-reminder>\n' }];
const base = {
  max_tokens: 32_000,
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.281.554; cc_entrypoint=sdk-cli;' },
    {
      type: 'text',
      text: `You are an agent. ${'rule '.repeat(2000)}`,
      cache_control: { type: 'ephemeral', ttl: '1h' },
    },
  ],
  tools,
  metadata: { user_id: JSON.stringify({ device_id: '0', session_id: SESSION }) },
  thinking: { type: 'enabled', budget_tokens: 4000 },
  output_config: { effort: 'high' },
  stream: false,
};
const first = {
  ...base,
  messages: [
    {
      role: 'user',
      content: [...opening, { type: 'text', text: 'Fix the bug.', cache_control: { type: 'ephemeral' } }],
    },
  ],
};
const second = {
  ...base,
  messages: [
    { role: 'user', content: [...opening, { type: 'text', text: 'Fix the bug.' }] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'let me look', signature: 'sig123==' },
        { type: 'text', text: 'Looking.' },
        { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'a.ts' } },
        { type: 'tool_use', id: 'toolu_2', name: 'Read', input: { path: 'b.ts' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'A' },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_2',
          content: [{ type: 'text', text: 'B' }],
          is_error: true,
          cache_control: { type: 'ephemeral' },
        },
      ],
    },
  ],
};

const answers: Readonly<Record<string, string>> = {
  '/v1/messages': JSON.stringify({
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: CLAUDE.id,
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 20, cache_read_input_tokens: 700, cache_creation_input_tokens: 30, output_tokens: 7 },
  }),
  '/v1/chat/completions':
    'data: {"id":"c","model":"chat-test","choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]}\n\ndata: {"id":"c","choices":[],"usage":{"prompt_tokens":720,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":700}}}\n\ndata: [DONE]\n\n',
  '/v1beta/models/gemini-3-test:streamGenerateContent?alt=sse':
    'data: {"candidates":[{"content":{"parts":[{"text":"ok"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":720,"cachedContentTokenCount":700,"candidatesTokenCount":4,"thoughtsTokenCount":3,"totalTokenCount":727},"modelVersion":"gemini-3-test","responseId":"r"}\n\n',
  '/v1/responses':
    'event: response.created\ndata: {"type":"response.created","response":{"id":"r","model":"gpt-test"}}\n\nevent: response.output_item.added\ndata: {"type":"response.output_item.added","output_index":0,"item":{"type":"message"}}\n\nevent: response.output_text.delta\ndata: {"type":"response.output_text.delta","output_index":0,"delta":"ok"}\n\nevent: response.output_item.done\ndata: {"type":"response.output_item.done","output_index":0,"item":{"type":"message"}}\n\nevent: response.completed\ndata: {"type":"response.completed","response":{"id":"r","usage":{"input_tokens":720,"input_tokens_details":{"cached_tokens":700},"output_tokens":7}}}\n\n',
};

interface Probe {
  readonly bodies: readonly [Fields, Fields];
  readonly headers: IncomingHttpHeaders;
  readonly usage: Fields;
  readonly losses: string;
  readonly text: string;
}

/** Sends both calls to one model; what its upstream got and what came back. */
async function probe(model: Model): Promise<Probe> {
  const { url: upstreamUrl, seen } = await openVendor((response, { url }) => {
    const answer = answers[url] ?? '';
    response.writeHead(200, { 'content-type': answer.startsWith('{') ? 'application/json' : 'text/event-stream' });
    response.end(answer);
  });
  const kit = await openGatewayKit({ upstreamUrl, models: EVERY_WIRE });
  let answer: Response | undefined;
  for (const body of [first, second]) {
    answer = await kit.post('/v1/messages', { model: model.id, ...body }, HEADERS);
    expect(answer.status).toBe(200);
    if (body === first) await answer.arrayBuffer();
  }
  const [one = '', two = ''] = seen.map(({ bytes }) => bytes.toString());
  return {
    bodies: [fieldsIn(JSON.parse(one)), fieldsIn(JSON.parse(two))],
    headers: seen[1]?.headers ?? {},
    text: two,
    usage: fieldsIn(fieldsIn(await answer?.json())['usage']),
    losses: answer?.headers.get('x-pointsman-losses') ?? '',
  };
}

const count = (text: string, what: string): number => text.split(what).length - 1;

describe('to a model of the same vendor', () => {
  test('the body arrives as it was sent, to the byte: markers, one-hour ttl, thinking, effort, is_error', async () => {
    const { text, losses, bodies } = await probe(CLAUDE);
    expect(text).toBe(JSON.stringify({ model: CLAUDE.id, ...second }));
    expect(count(text, '"cache_control"')).toBe(3);
    expect(count(text, '"ttl":"1h"')).toBe(2);
    expect(text).toContain('"signature":"sig123=="');
    expect(bodies[1]['output_config']).toEqual({ effort: 'high' });
    expect(text).toContain('"is_error":true');
    expect(losses).toBe('');
  });

  test('betas, version, session and the client’s own description arrive as headers', async () => {
    expect((await probe(CLAUDE)).headers).toMatchObject(HEADERS);
  });

  test('usage comes back exact', async () => {
    expect((await probe(CLAUDE)).usage).toEqual({
      input_tokens: 20,
      cache_read_input_tokens: 700,
      cache_creation_input_tokens: 30,
      output_tokens: 7,
    });
  });
});

describe.each([GPT, CHAT])('to $wire of another vendor', (model) => {
  const isResponses = model === GPT;

  test('markers and ttl become that vendor’s own caching, and the record says so', async () => {
    const { text, bodies, losses } = await probe(model);
    expect(count(text, 'cache_control')).toBe(0);
    expect(losses).toContain('anthropic.cache_control');
    if (isResponses) expect(bodies[1]['prompt_cache_key']).toEqual(bodies[0]['prompt_cache_key']);
  });

  test('thinking of another maker stays here, and the record says so', async () => {
    const { text, losses } = await probe(model);
    expect(text).not.toContain('sig123');
    expect(losses).toContain('anthropic.thinking_block');
  });

  test('effort is said in its words', async () => {
    const { bodies, losses } = await probe(model);
    if (isResponses) expect(fieldsIn(bodies[1]['reasoning'])['effort']).toBe('high');
    else expect(losses).toContain('effort-changed');
  });

  test('betas do not leak, and their loss is told', async () => {
    const { headers, losses } = await probe(model);
    expect(headers['anthropic-beta']).toBeUndefined();
    expect(losses).toContain('headers.betas');
  });

  test('the session header becomes the key of its cache, where it takes one', async () => {
    const { headers, bodies, losses } = await probe(model);
    expect(headers['x-claude-code-session-id']).toBeUndefined();
    expect(losses).toContain('headers.session');
    if (isResponses) expect(bodies[1]['prompt_cache_key']).toBe(SESSION);
  });

  test('a failed tool is said to have failed, in its text', async () => {
    const { bodies, losses } = await probe(model);
    const items = listIn(bodies[1][isResponses ? 'input' : 'messages']).map(fieldsIn);
    const results = items.filter((item) => item['role'] === 'tool' || item['type'] === 'function_call_output');
    expect(results).toHaveLength(2);
    expect(JSON.stringify(results[0])).not.toContain('[tool error]');
    expect(JSON.stringify(results[1])).toContain('[tool error] B');
    expect(losses).toContain('error-flag-as-text');
  });

  test('system and tools are the same bytes in both calls, without the attribution line', async () => {
    const { bodies, text } = await probe(model);
    const head = (body: Fields): string =>
      JSON.stringify([body['instructions'], listIn(body['messages'])[0], body['tools']]);
    expect(head(bodies[1])).toBe(head(bodies[0]));
    expect(text).not.toContain('x-anthropic-billing-header');
    const stem = listIn(bodies[0][isResponses ? 'input' : 'messages']);
    expect(JSON.stringify(listIn(bodies[1][isResponses ? 'input' : 'messages']).slice(0, stem.length))).toBe(
      JSON.stringify(stem),
    );
  });

  test('usage comes back exact, in the caller’s buckets, and a stream is not given to a caller that asked for none', async () => {
    expect((await probe(model)).usage).toMatchObject({
      input_tokens: 20,
      cache_read_input_tokens: 700,
      output_tokens: 7,
    });
  });
});

describe('to Gemini', () => {
  test('effort, a failed tool and the system prompt are said in its words; markers, betas and foreign thought stay here', async () => {
    const { bodies, text, headers, losses } = await probe(GEMINI);
    const [, sent] = bodies;
    expect(fieldsIn(fieldsIn(sent['generationConfig'])['thinkingConfig'])['thinkingLevel']).toBe('HIGH');
    const results = listIn(fieldsIn(listIn(sent['contents'])[2])['parts']).map(
      (part) => fieldsIn(part)['functionResponse'],
    );
    expect(results).toEqual([
      { id: 'toolu_1', name: 'Read', response: { output: 'A' } },
      { id: 'toolu_2', name: 'Read', response: { error: 'B' } },
    ]);
    for (const gone of ['cache_control', 'sig123', 'x-anthropic-billing-header']) expect(text).not.toContain(gone);
    expect(headers['anthropic-beta']).toBeUndefined();
    for (const loss of ['anthropic.cache_control', 'anthropic.thinking_block', 'headers.betas', 'headers.session']) {
      expect(losses).toContain(loss);
    }
    expect(losses).not.toContain('error-flag-as-text');
  });

  test('system, tools and what was said are the same bytes in both calls', async () => {
    const { bodies } = await probe(GEMINI);
    const head = (body: Fields): string => JSON.stringify([body['systemInstruction'], body['tools']]);
    expect(head(bodies[1])).toBe(head(bodies[0]));
    const stem = listIn(bodies[0]['contents']);
    expect(JSON.stringify(listIn(bodies[1]['contents']).slice(0, stem.length))).toBe(JSON.stringify(stem));
  });

  test('usage comes back exact, in the caller’s buckets', async () => {
    const { usage } = await probe(GEMINI);
    expect(usage).toMatchObject({ input_tokens: 20, cache_read_input_tokens: 700, output_tokens: 7 });
  });
});
