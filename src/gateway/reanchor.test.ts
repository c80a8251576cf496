import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ModelId } from '../domain/ids.ts';
import { createScriptedServer, type SeenCall, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, GPT, startGatewayKit } from '../testing/internal/gateway-kit.ts';
import { fieldsIn, listIn } from '../wires/shared/fields.ts';
import { translateCall } from '../wires/translate-call.ts';
import { WIRE_FORMATS } from '../wires/wire-formats.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const SYSTEM = 'You are an agent. '.repeat(400);
/** More results of one step than the vendor looks back. */
const MANY = 24;

interface Caller {
  readonly path: string;
  body(turns: number): object;
}

/** A transcript of so many steps, each with `MANY` tools at once, in either of OpenAI's formats. */
const callers: Readonly<Record<string, Caller>> = {
  'openai-chat': {
    path: '/v1/chat/completions',
    body: (turns) => ({
      model: 'auto',
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: 'Fix the bug' },
        ...range(turns).flatMap((turn) => [
          {
            role: 'assistant',
            content: null,
            tool_calls: range(MANY).map((at) => ({
              id: `c${turn}x${at}`,
              type: 'function',
              function: { name: 'Read', arguments: `{"at":${at}}` },
            })),
          },
          ...range(MANY).map((at) => ({ role: 'tool', tool_call_id: `c${turn}x${at}`, content: `file ${turn} ${at}` })),
        ]),
      ],
      tools: [{ type: 'function', function: { name: 'Read', parameters: { type: 'object', properties: {} } } }],
    }),
  },
  'openai-responses': {
    path: '/v1/responses',
    body: (turns) => ({
      model: 'auto',
      instructions: SYSTEM,
      input: [
        { role: 'user', content: 'Fix the bug' },
        ...range(turns).flatMap((turn) => [
          ...range(MANY).map((at) => ({
            type: 'function_call',
            call_id: `c${turn}x${at}`,
            name: 'Read',
            arguments: `{"at":${at}}`,
          })),
          ...range(MANY).map((at) => ({
            type: 'function_call_output',
            call_id: `c${turn}x${at}`,
            output: `file ${turn} ${at}`,
          })),
        ]),
      ],
      tools: [{ type: 'function', name: 'Read', parameters: { type: 'object', properties: {} } }],
    }),
  },
};

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function play(caller: Caller, models: readonly ModelId[]): Promise<ScriptedServer> {
  const vendor = await createScriptedServer({ script: () => ({ text: 'on it' }), models: [CLAUDE, GPT, CHAT] });
  open.push(vendor);
  let pinned: ModelId = CLAUDE.id;
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, deps: { pinned: () => pinned } });
  open.push(kit.gateway);
  for (const [turns, model] of models.entries()) {
    pinned = model;
    const answer = await kit.post(caller.path, caller.body(turns), { 'x-session-id': 's1' });
    expect(answer.status, await answer.text()).toBe(200);
  }
  return vendor;
}

function markersOf(call: SeenCall | undefined): number {
  return JSON.stringify(call?.body).split('"cache_control"').length - 1;
}

describe.each(Object.entries(callers))('a caller of %s on a vendor that looks back 20 blocks', (_wire, caller) => {
  test('reads in each call what the call before wrote, however many tools one step had', async () => {
    const { calls } = await play(caller, [CLAUDE.id, CLAUDE.id, CLAUDE.id]);
    for (const [index, call] of calls.entries()) {
      expect(markersOf(call)).toBeLessThanOrEqual(4);
      if (index > 0)
        expect(call.cache.readTokens).toBe(
          (calls[index - 1]?.cache.readTokens ?? 0) + (calls[index - 1]?.cache.writeTokens ?? 0),
        );
    }
  });

  test('finds what it wrote before other models took turns', async () => {
    const { calls } = await play(caller, [CLAUDE.id, CLAUDE.id, GPT.id, CHAT.id, CLAUDE.id]);
    const [, before] = calls;
    expect(calls[4]?.cache.readTokens).toBe((before?.cache.readTokens ?? 0) + (before?.cache.writeTokens ?? 0));
    expect(calls[4]?.cache.readTokens).toBeGreaterThan(1000);
    expect(markersOf(calls[4])).toBeLessThanOrEqual(4);
  });

  test('marks nothing in a transcript that was rewritten', async () => {
    const vendor = await createScriptedServer({ script: () => ({ text: 'on it' }), models: [CLAUDE] });
    open.push(vendor);
    const kit = await startGatewayKit({ upstreamUrl: vendor.url, deps: { pinned: () => CLAUDE.id } });
    open.push(kit.gateway);
    await (await kit.post(caller.path, caller.body(2), { 'x-session-id': 's1' })).text();
    const other = JSON.parse(JSON.stringify(caller.body(3)).replaceAll('Fix the bug', 'Fix it')) as object;
    await (await kit.post(caller.path, other, { 'x-session-id': 's1' })).text();
    const marked = listIn(fieldsIn(vendor.calls[1]?.body)['messages']).filter((message) =>
      JSON.stringify(message).includes('cache_control'),
    );
    expect(marked).toHaveLength(1);
  });
});

describe('a conversation that grows', () => {
  const text = fc.constantFrom('a', 'look', 'x'.repeat(40), 'é\n"');
  /** What one call adds to the transcript of a chat. */
  const turn = fc.record({
    say: fc.option(text, { nil: undefined }),
    toolCount: fc.integer({ min: 0, max: 30 }),
    note: fc.option(text, { nil: undefined }),
    isError: fc.boolean(),
  });
  const conversation = fc.array(turn, { minLength: 1, maxLength: 6 });
  type Turn = typeof turn extends fc.Arbitrary<infer One> ? One : never;

  const chatMessages = (turns: readonly Turn[]): readonly object[] => [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: 'go' },
    ...turns.flatMap(({ say, toolCount, note, isError }, index) => [
      {
        role: 'assistant',
        content: say ?? (toolCount === 0 ? 'done' : null),
        ...(toolCount === 0
          ? {}
          : {
              tool_calls: range(toolCount).map((at) => ({
                id: `t${index}-${at}`,
                type: 'function',
                function: { name: 'f', arguments: '{}' },
              })),
            }),
      },
      ...range(toolCount).map((at) => ({
        role: 'tool',
        tool_call_id: `t${index}-${at}`,
        content: isError ? '[tool error] no' : 'yes',
      })),
      ...(note === undefined ? [] : [{ role: 'system', content: note }]),
      ...(toolCount === 0 ? [{ role: 'user', content: 'more' }] : []),
    ]),
  ];

  const translated = (turns: readonly Turn[], reanchorAt: number | undefined): Record<string, unknown> =>
    JSON.parse(
      JSON.stringify(
        translateCall(
          WIRE_FORMATS['openai-chat'].readRequest(
            { model: 'auto', messages: chatMessages(turns), tools: [{ type: 'function', function: { name: 'f' } }] },
            () => undefined,
          ),
          CLAUDE,
          {
            dialect: 'generic',
            cacheKey: 'k',
            reanchorAt,
            promptTokens: 0,
          },
        ).body,
      ),
    ) as Record<string, unknown>;

  const withoutMarkers = (value: unknown): string =>
    JSON.stringify(value, (key, inner: unknown) => (key === 'cache_control' ? undefined : inner));

  test('keeps its prefix to the byte, whatever is marked, and never has more than four markers', () => {
    fc.assert(
      fc.property(conversation, fc.nat(), fc.nat(), (turns, cut, anchor) => {
        const before = turns.slice(0, cut % turns.length);
        const early = translated(before, undefined);
        const late = translated(turns, anchor % (chatMessages(before).length + 1));
        for (const field of ['system', 'tools']) expect(withoutMarkers(late[field])).toBe(withoutMarkers(early[field]));
        const start = listIn(late['messages']).slice(0, listIn(early['messages']).length);
        expect(withoutMarkers(start)).toBe(withoutMarkers(early['messages']));
        expect(JSON.stringify(late).split('"cache_control"').length - 1).toBeLessThanOrEqual(4);
      }),
      { numRuns: 200 },
    );
  });
});
