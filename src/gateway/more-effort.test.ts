import { describe, expect, test, vi } from 'vitest';
import type { Model } from '../domain/model.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CLAUDE, CLAUDE_SMALL, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { closeAtEnd, openGatewayKit } from '../testing/internal/gateway-test.ts';
import { modelId } from '../testing/model-builders.ts';
import { WIRE_FORMATS } from '../wires/wire-formats.ts';
import { effortEditsFor } from './call/effort-of-call.ts';
import type { RoutedCall } from './core/call-context.ts';
import { levelsFor, raisedTo, withEffortMark, type EffortMark, type MarkedAt } from './sessions/effort-marks.ts';

vi.setConfig({ testTimeout: 120_000 });

const BETA = 'mid-conversation-output-config-2026-07-01';
const AGAIN: Model = {
  ...CLAUDE_SMALL,
  id: modelId('claude-haiku-5-5'),
  wireModel: 'claude-haiku-5-5',
  usualEffort: 'high',
  effortPerMessage: true,
};

interface Rig {
  readonly vendor: ScriptedServer;
  readonly kit: GatewayKit;
}

async function rig(models: readonly Model[] = [AGAIN, CLAUDE]): Promise<Rig> {
  const vendor = closeAtEnd(await createScriptedServer({ script: () => ({ text: 'ok' }), models }));
  return { vendor, kit: await openGatewayKit({ upstreamUrl: vendor.url, models }) };
}

type Ask = (messages: readonly object[], model?: string) => Promise<void>;

/** A tool loop that fails the same way again and again, each result with a word of the harness beside it, or without. */
async function circle(
  ask: Ask,
  { calls, reminder }: { readonly calls: number; readonly reminder: boolean },
): Promise<object[]> {
  const messages: object[] = [{ role: 'user', content: `Fix the bug. ${'word '.repeat(20_000)}` }];
  for (let call = 0; call < calls; call++) {
    await ask(messages);
    messages.push(
      { role: 'assistant', content: [{ type: 'tool_use', id: `t${call}`, name: 'Bash', input: { command: 'make' } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: `t${call}`, content: 'error', is_error: true },
          ...(reminder ? [{ type: 'text', text: '<system-reminder>Mind the tests.</system-reminder>' }] : []),
        ],
      },
    );
  }
  return messages;
}

const tools = [{ name: 'Bash', description: 'runs', input_schema: { type: 'object', properties: {} } }];

function overMessages(kit: GatewayKit, more: object = {}): Ask {
  return async (messages, model = 'auto') => {
    const last = messages.at(-1) as { readonly content: string | readonly object[] };
    const blocks = typeof last.content === 'string' ? [{ type: 'text', text: last.content }] : last.content;
    const marked = blocks.map((block, at) =>
      at === blocks.length - 1 ? { ...block, cache_control: { type: 'ephemeral' } } : block,
    );
    const response = await kit.post(
      '/v1/messages',
      { model, max_tokens: 100, tools, messages: [...messages.slice(0, -1), { ...last, content: marked }], ...more },
      { 'x-claude-code-session-id': 's1' },
    );
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  };
}

/** Model and effort of each call, and whether it named the flag. */
function said({ vendor }: Rig): readonly (readonly [string, string | undefined, boolean])[] {
  return vendor.calls.map(({ request, headers }) => [
    request.model,
    request.effort,
    (headers['anthropic-beta'] ?? '').includes(BETA),
  ]);
}

describe('evidence against a step', () => {
  test('is met with more effort first where that keeps the prefix, and with another model when it goes on', async () => {
    const opened = await rig();
    const { vendor, kit } = opened;
    const ask = overMessages(kit);
    await circle(ask, { calls: 12, reminder: true });
    expect(vendor.objections).toEqual([]);
    expect(kit.steps.map(({ decision }) => decision.kind)).toEqual(['switch', 'escalate', 'escalate']);
    const [, raised, taken] = kit.steps;
    expect(raised?.decision).toMatchObject({ from: AGAIN.id, to: AGAIN.id });
    expect(raised?.decision.reasons[0]?.code).toBe('effort-first');
    expect(taken?.decision).toMatchObject({ from: AGAIN.id, to: CLAUDE.id });
    const calls = said(opened);
    const first = calls.findIndex(([, effort]) => effort === 'xhigh');
    expect(
      calls.slice(0, first).every(([model, effort, flag]) => model === AGAIN.id && effort === undefined && !flag),
    ).toBe(true);
    const more = calls.filter(([model], at) => at >= first && model === AGAIN.id);
    expect(more.length).toBeGreaterThanOrEqual(5);
    expect(more.every(([, effort, flag]) => effort === 'xhigh' && flag)).toBe(true);
    // The prefix stays: each of its calls reads nearly all of the prompt.
    const reads = vendor.calls.slice(1).filter(({ request }) => request.model === AGAIN.id);
    expect(reads.every(({ cache }) => cache.readTokens > 0.9 * cache.promptTokens)).toBe(true);
    // Another vendor's model never sees it, and the next step has the usual effort.
    expect(
      calls.filter(([model]) => model === CLAUDE.id).every(([, effort, flag]) => effort === undefined && !flag),
    ).toBe(true);
  });

  test('goes back to the usual effort with the next step, and says both where they were said', async () => {
    const opened = await rig([AGAIN]);
    const { vendor } = opened;
    const ask = overMessages(opened.kit);
    const messages = await circle(ask, { calls: 6, reminder: true });
    expect(said(opened).at(-1)?.[1]).toBe('xhigh');
    const next = [
      ...messages,
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'Now list the files' },
    ];
    await ask(next);
    expect(vendor.objections).toEqual([]);
    expect(said(opened).at(-1)).toEqual([AGAIN.id, 'high', true]);
    expect(vendor.calls.at(-1)?.cache.readTokens).toBeGreaterThan(0.9 * (vendor.calls.at(-1)?.cache.promptTokens ?? 0));
  });

  test('beside results of tools alone, where an effort would hold too late, goes to another model', async () => {
    const { vendor, kit } = await rig();
    await circle(overMessages(kit), { calls: 8, reminder: false });
    expect(vendor.objections).toEqual([]);
    expect(kit.steps.map(({ decision }) => decision.kind)).toEqual(['switch', 'escalate']);
    expect(kit.steps[1]?.decision).toMatchObject({ to: CLAUDE.id });
  });

  test('of a call that names its model changes nothing', async () => {
    const opened = await rig();
    const ask = overMessages(opened.kit);
    await circle((messages) => ask(messages, AGAIN.id), { calls: 9, reminder: true });
    expect(said(opened).every(([model, effort, flag]) => model === AGAIN.id && effort === undefined && !flag)).toBe(
      true,
    );
  });

  test('of a caller that turns thinking off is given no more, and is no longer told of what was', async () => {
    const opened = await rig();
    const off = { thinking: { type: 'disabled' }, output_config: { effort: 'high' } };
    await circle(overMessages(opened.kit, off), { calls: 8, reminder: true });
    expect(said(opened).some(([, effort, flag]) => flag || effort === 'xhigh')).toBe(false);
    const later = await rig([AGAIN]);
    const messages = await circle(overMessages(later.kit), { calls: 6, reminder: true });
    expect(said(later).at(-1)).toEqual([AGAIN.id, 'xhigh', true]);
    await overMessages(later.kit, { thinking: { type: 'disabled' } })(messages);
    expect(said(later).at(-1)?.[2]).toBe(false);
  });

  test('in another wire format is met in the same way', async () => {
    const opened = await rig();
    const { vendor, kit } = opened;
    const messages: object[] = [{ role: 'user', content: `Fix the bug. ${'word '.repeat(20_000)}` }];
    const chatTools = [
      { type: 'function', function: { name: 'Bash', parameters: { type: 'object', properties: {} } } },
    ];
    for (let call = 0; call < 7; call++) {
      const response = await kit.post(
        '/v1/chat/completions',
        { model: 'auto', messages, tools: chatTools },
        { 'x-session-id': 's2' },
      );
      expect(response.status).toBe(200);
      await response.arrayBuffer();
      const made = { name: 'Bash', arguments: '{"command":"make"}' };
      messages.push(
        { role: 'assistant', content: null, tool_calls: [{ id: `t${call}`, type: 'function', function: made }] },
        { role: 'tool', tool_call_id: `t${call}`, content: 'Error: make failed with exit code 2' },
        { role: 'user', content: '<system-reminder>Mind the tests.</system-reminder>' },
      );
    }
    expect(vendor.objections).toEqual([]);
    expect(said(opened).some(([, effort, flag]) => effort === 'xhigh' && flag)).toBe(true);
  });
});

describe('the marks of a thread', () => {
  const at = (count: number): MarkedAt => ({
    fingerprints: Array.from({ length: count }, (_, n) => n),
    effort: undefined,
  });

  test('leave room to say the usual effort again', () => {
    let marks: readonly EffortMark[] = [];
    for (let count = 1; count < 100; count++) marks = withEffortMark(marks, 'xhigh', at(count));
    marks = withEffortMark(marks, 'usual', at(100));
    expect(raisedTo(marks)).toBeUndefined();
    expect(withEffortMark(marks, 'usual', at(101))).toBe(marks);
  });

  test('say no model more than it takes', () => {
    const marks = withEffortMark([], 'max', at(1));
    expect(levelsFor(marks, { usualEffort: 'high', efforts: ['low', 'medium', 'high'] })).toEqual([
      { messageIndex: 0, effort: 'high' },
    ]);
  });
});

test.each([
  [CLAUDE_SMALL.id, true],
  [CLAUDE.id, false],
])('a stand-in is not asked for the effort of the model of the step: %s', (id, isAsked) => {
  const candidates = [CLAUDE_SMALL, CLAUDE].map((model) => ({ model, isWeaker: false }));
  const step = { model: CLAUDE_SMALL.id, raised: { effort: 'xhigh', by: 'call', against: '', callCount: 1 } };
  const call = {
    format: WIRE_FORMATS['anthropic-messages'],
    body: {},
    effort: 'xhigh',
    routed: { step, candidates, efforts: [] },
  };
  const model = candidates.find((one) => one.model.id === id)?.model ?? CLAUDE;
  expect(effortEditsFor(call as unknown as RoutedCall, model)).toHaveLength(isAsked ? 1 : 0);
});
