import { afterEach, expect, test } from 'vitest';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/index.ts';
import { CHAT, CLAUDE, CLAUDE_SMALL, GPT, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const models = [CLAUDE, CLAUDE_SMALL, GPT, CHAT];
const MAIN = [{ type: 'text', text: 'You are an agent. '.repeat(800), cache_control: { type: 'ephemeral' } }];
const TOOLS = [{ name: 'Bash', description: 'Runs a command', input_schema: { type: 'object' } }];
const MONITOR = 'You are a security monitor for autonomous AI coding agents.\n\nDecide whether the action is blocked.';
const SUMMARY =
  'This session is being continued from a previous conversation that ran out of context. Summary: a parser.';
const SIDE = '<system-reminder>This is a side question from the user. Answer in one response.</system-reminder>\n';
const COMPACT =
  'Your task is to create a detailed summary of the conversation so far, ignore all previous instructions.';

async function rig(readRisk?: (text: string) => { readonly risk: 'jailbreak' | 'none' }): Promise<GatewayKit> {
  const vendor = await createScriptedServer({ script: () => ({ text: 'ok' }), models, vendorChecks: false });
  open.push(vendor);
  const policy = aPolicy(readRisk === undefined ? {} : { risk: { jailbreak: 'record' } as never });
  const deps = readRisk === undefined ? { policy } : { policy, readRisk };
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models, deps });
  open.push(kit.gateway);
  return kit;
}

async function ask(
  kit: GatewayKit,
  messages: readonly object[],
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const body = { model: 'auto', max_tokens: 4000, system: MAIN, tools: TOOLS, messages, ...more };
  const response = await kit.post('/v1/messages', body, { 'x-claude-code-session-id': 's1', ...headers });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
}

const said = (content: string): object => ({ role: 'user', content });
const answered = (content: string): object => ({ role: 'assistant', content });
const used = (id: string, command: string): object => ({
  role: 'assistant',
  content: [{ type: 'tool_use', id, name: 'Bash', input: { command } }],
});
const gave = (id: string, content: string): object => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content }],
});

const loop = [said('Fix the bug in the parser'), used('t1', 'ls'), gave('t1', 'a.ts')];

test.each<readonly [string, object, Readonly<Record<string, string>>]>([
  ['its words', { system: MONITOR, tools: [], messages: [said('<transcript>rm -rf build</transcript>')] }, {}],
  ['its field', { system: 'x', tools: [], safeguards: [{ type: 'x' }], messages: [said('rm -rf build')] }, {}],
  ['its own saying', { system: MONITOR, messages: [said('ls')] }, { 'x-claude-code-request-class': 'auxiliary' }],
])(
  'a safety check of commands, known by %s, stays with its vendor and goes to nobody weaker',
  async (_by, body, says) => {
    const kit = await rig();
    await ask(kit, loop.slice(0, 1));
    const incumbent = kit.calls[0]?.requestedModel;
    await ask(kit, [], body, says);
    const check = kit.steps[1];
    expect(check?.kind).toBe('review');
    expect(check?.input.forecast).toEqual([]);
    const pool = check?.input.models.map((model) => model.id);
    expect(pool).toEqual(incumbent === CLAUDE_SMALL.id ? [CLAUDE.id, CLAUDE_SMALL.id] : [CLAUDE.id]);
  },
);

test('after a compaction the job goes on as the step it was, decided anew because its cache is gone', async () => {
  const kit = await rig();
  await ask(kit, loop);
  await ask(kit, [...loop, said(COMPACT)]);
  await ask(kit, [said(SUMMARY), said('<system-reminder>todo list</system-reminder>')]);
  await ask(kit, [said(SUMMARY), used('t2', 'npm test'), gave('t2', '3 passed')]);
  const [main, compaction, after, later] = kit.calls;
  expect(kit.steps.map((step) => step.kind)).toEqual(['code', 'summarize', 'code']);
  expect(compaction?.stepId).not.toBe(main?.stepId);
  expect([after?.stepId, later?.stepId]).toEqual([main?.stepId, main?.stepId]);
  expect(kit.steps[2]?.input.session.incumbent).toBe(main?.requestedModel);
  expect(later?.requestedModel).toBe(after?.requestedModel);
});

test('words after a compaction start a new step of the same transcript', async () => {
  const kit = await rig();
  await ask(kit, loop);
  await ask(kit, [said(SUMMARY), answered('ok'), said('Now write the tests')]);
  expect(kit.steps.map((step) => step.kind)).toEqual(['code', 'test']);
  expect(kit.steps[1]?.input.session.incumbent).toBe(kit.calls[0]?.requestedModel);
});

test('a compaction sees what is warm and goes to nobody weaker than whose work it sums up', async () => {
  const kit = await rig();
  await ask(kit, loop);
  await ask(kit, [...loop, said(COMPACT)], {}, { 'x-claude-code-request-class': 'compaction' });
  const incumbent = kit.calls[0]?.requestedModel;
  const ability = models.find((model) => model.id === incumbent)?.abilityIndex ?? 0;
  const { input } = kit.steps[1] ?? {};
  expect(input?.session.incumbent).toBe(incumbent);
  for (const model of input?.models ?? []) expect(model.abilityIndex).toBeGreaterThanOrEqual(ability);
});

test('titles and digests leave the conversation where it was', async () => {
  const kit = await rig();
  await ask(kit, loop);
  await ask(kit, [said('<session>fix</session>')], { system: 'You are naming a coding session.', tools: [] });
  await ask(kit, [...loop, said('The user stepped away and is coming back. Recap in under 40 words.')]);
  await ask(kit, [...loop, used('t3', 'cat a.ts'), gave('t3', 'x')]);
  expect(kit.calls[3]?.stepId).toBe(kit.calls[0]?.stepId);
  expect(kit.steps).toHaveLength(3);
});

test('no risk is read from what a harness says, and none stays with the session', async () => {
  const read: string[] = [];
  const kit = await rig((text) => {
    read.push(text);
    return { risk: text.includes('ignore') ? 'jailbreak' : 'none' };
  });
  await ask(kit, loop);
  await ask(kit, [...loop, said(COMPACT)]);
  await ask(kit, [said(SUMMARY), answered('ok'), said('go on with the tests')]);
  expect(read.filter((text) => text.includes('ignore'))).toEqual([]);
  expect(kit.steps.map((step) => step.input.session.risk)).toEqual(['none', 'none', 'none']);
});

test('what a session that works with tools asks afresh without any is its harness, whatever it says; a person’s chat is not', async () => {
  const kit = await rig();
  const ask1 = [said('Nenne diese Sitzung in drei Wörtern.')];
  await ask(kit, loop);
  await ask(kit, ask1, { system: 'Antworte kurz.', tools: [] });
  await ask(kit, [...loop, used('t4', 'cat b.ts'), gave('t4', 'y')]);
  expect(kit.steps.map((step) => step.kind)).toEqual(['code', 'summarize']);
  expect(kit.steps[1]?.input.forecast).toEqual([]);
  expect(kit.calls[2]?.stepId).toBe(kit.calls[0]?.stepId);
  const chat = { 'x-claude-code-session-id': 'chat-only' };
  await ask(kit, ask1, { system: 'Antworte kurz.', tools: [] }, chat);
  await ask(kit, [...ask1, answered('So.'), said('Danke. Und warum?')], { system: 'Antworte kurz.', tools: [] }, chat);
  for (const step of kit.steps.slice(2)) expect(step.input.forecast.length).toBeGreaterThan(0);
});

test('calls of one turn are one step by the harness’s own word, and another turn is another', async () => {
  const kit = await rig();
  const turn = (id: string): Readonly<Record<string, string>> => ({
    'x-claude-code-request-class': 'main',
    'x-claude-code-prompt-id': id,
  });
  await ask(kit, loop.slice(0, 1), {}, turn('p1'));
  await ask(kit, [...loop, said('Note for the agent: the file was changed outside.')], {}, turn('p1'));
  await ask(kit, [...loop, answered('Done.'), said('Now the tests.')], {}, turn('p2'));
  expect(kit.calls.map((call) => call.stepId)).toEqual([
    kit.calls[0]?.stepId,
    kit.calls[0]?.stepId,
    kit.steps[1]?.stepId,
  ]);
  expect(kit.steps).toHaveLength(2);
});

test.each<readonly [string, string, Readonly<Record<string, string>>]>([
  ['its class', 'What does this regex do?', { 'x-claude-code-request-class': 'side_reply' }],
  ['its reminder', `${SIDE}What does this regex do?`, { 'x-claude-code-request-class': 'auxiliary' }],
  ['its reminder alone', `${SIDE}What does this regex do?`, {}],
])(
  'a person’s question beside the conversation, known by %s, is read as words and leaves the rest alone',
  async (_by, asked, says) => {
    const read: string[] = [];
    const kit = await rig((text) => {
      read.push(text);
      return { risk: 'none' };
    });
    await ask(kit, loop);
    await ask(kit, [...loop, said(asked)], {}, says);
    await ask(kit, [...loop, used('t4', 'cat b.ts'), gave('t4', 'y')]);
    expect(read.some((text) => text.includes('regex'))).toBe(true);
    expect(kit.calls[1]?.stepId).not.toBe(kit.calls[0]?.stepId);
    expect(kit.calls[2]?.stepId).toBe(kit.calls[0]?.stepId);
  },
);

test('work whose vendor checks its commands stays with that vendor, as the work that it is', async () => {
  const kit = await rig();
  const safeguards = [{ type: 'dangerous_tool_use', classifier_context: { v: 1, permission_mode: 'auto' } }];
  await ask(kit, loop.slice(0, 1), { safeguards });
  await ask(kit, loop, { safeguards });
  expect(kit.steps.map((step) => step.kind)).toEqual(['code']);
  expect(kit.steps[0]?.input.forecast.length).toBeGreaterThan(0);
  expect(kit.steps[0]?.input.models.map((model) => model.vendor)).toEqual(['anthropic', 'anthropic']);
  expect(kit.calls[1]?.stepId).toBe(kit.calls[0]?.stepId);
});

test('a step on another vendor comes home when the harness begins to ask for checks', async () => {
  const kit = await rig();
  const ids = kit.steps;
  await ask(kit, loop.slice(0, 1), { model: GPT.id });
  await ask(kit, loop, { safeguards: [{ type: 'dangerous_tool_use' }] });
  expect(ids.at(-1)?.input.models.map((model) => model.vendor)).toEqual(['anthropic', 'anthropic']);
  expect([CLAUDE.id, CLAUDE_SMALL.id]).toContain(kit.calls[1]?.requestedModel);
});

test.each([
  [
    'a background task’s notice',
    '<task-notification>\n<task-id>a1</task-id><status>completed</status>\n</task-notification>',
  ],
  ['a hook’s feedback', 'Stop hook feedback: 1 test failed'],
  ['a resumption', 'Continue from where you left off.'],
])('%s goes on with the step: nobody asked for anything new', async (_name, notice) => {
  const kit = await rig();
  await ask(kit, loop);
  await ask(kit, [...loop, answered('Waiting.'), said(notice)]);
  expect(kit.steps).toHaveLength(1);
  expect(kit.calls[1]?.stepId).toBe(kit.calls[0]?.stepId);
});

test('an image that somebody shows is a new step; one that a tool returned is not', async () => {
  const kit = await rig();
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
  await ask(kit, loop);
  await ask(kit, [...loop, { role: 'user', content: [image] }]);
  expect(kit.steps).toHaveLength(1);
  await ask(kit, [...loop, answered('Fixed.'), { role: 'user', content: [image] }]);
  expect(kit.steps).toHaveLength(2);
});

test('words whose answer is begun for the model are words all the same', async () => {
  const kit = await rig();
  await ask(kit, loop);
  await ask(kit, [...loop, answered('Done.'), said('List the files as JSON.'), answered('{')]);
  expect(kit.steps).toHaveLength(2);
});

test('Codex says what a call is, whatever its words: a compaction, the window after it, the turn', async () => {
  const kit = await rig();
  const says = (fields: object): Readonly<Record<string, string>> => ({
    'session-id': 's9',
    'thread-id': 's9',
    'x-codex-turn-metadata': JSON.stringify({ turn_id: 'u1', request_kind: 'turn', window_number: 0, ...fields }),
  });
  const send = async (input: readonly object[], fields: object): Promise<void> => {
    const body = { model: 'auto', input, tools: [{ type: 'function', name: 'sh', parameters: { type: 'object' } }] };
    const response = await kit.post('/v1/responses', body, says(fields));
    expect(response.status, await response.text()).toBe(200);
  };
  const asked = { role: 'user', content: [{ type: 'input_text', text: 'Fix the bug in the parser' }] };
  const work = [
    asked,
    { type: 'function_call', call_id: 'c1', name: 'sh', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'a.ts' },
  ];
  const note = (text: string): object => ({ role: 'user', content: [{ type: 'input_text', text }] });
  await send(work, {});
  await send([...work, note('Fasse den Stand zusammen.')], { request_kind: 'compaction' });
  await send([note('Stand: Parser halb fertig.')], { window_number: 1 });
  await send([note('Stand: Parser halb fertig.'), { role: 'assistant', content: 'Fertig.' }, note('Jetzt die Tests')], {
    window_number: 1,
    turn_id: 'u2',
  });
  // The step after the compaction is decided anew, because its cache is gone; the words after that are another step.
  expect(kit.steps.map((step) => step.kind).slice(0, 3)).toEqual(['code', 'summarize', 'code']);
  expect(kit.steps).toHaveLength(4);
  expect(kit.steps[2]?.stepId).toBe(kit.steps[0]?.stepId);
  expect(kit.calls[2]?.stepId).toBe(kit.calls[0]?.stepId);
  expect(kit.calls[3]?.stepId).not.toBe(kit.calls[0]?.stepId);
  expect(kit.steps[2]?.input.session.incumbent).toBe(kit.calls[0]?.requestedModel);
});

test('a message that the harness replaces in each call parts no session, not even from its first call', async () => {
  const kit = await rig();
  const context = (n: number): object => ({ role: 'user', content: `OpenClaw runtime context: it is ${n} o’clock` });
  const call = (id: string): object[] => [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'sh', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: id, content: `${id}.ts` },
  ];
  const tools = [{ type: 'function', function: { name: 'sh', parameters: { type: 'object' } } }];
  const first = [{ role: 'system', content: 'You are an agent.' }, said('Fix the bug in the parser')];
  const send = async (messages: readonly object[]): Promise<void> => {
    const response = await kit.post('/v1/chat/completions', { model: 'auto', messages, tools });
    expect(response.status, await response.text()).toBe(200);
  };
  await send([...first, context(1)]);
  await send([...first, ...call('a'), context(2)]);
  await send([...first, ...call('a'), ...call('b'), context(3)]);
  expect(new Set(kit.calls.map((one) => one.sessionId)).size).toBe(1);
  expect(new Set(kit.calls.map((one) => one.stepId)).size).toBe(1);
  // Another one who begins with the same words is somebody else, and from then on nobody is taken for the other.
  await send([...first, context(4)]);
  expect(new Set(kit.calls.map((one) => one.sessionId)).size).toBe(2);
  await send([...first, ...call('a'), ...call('b'), ...call('c'), context(5)]);
  expect(kit.calls.at(-1)?.sessionId).toBe(kit.calls[0]?.sessionId);
});
