import { describe, expect, test, vi } from 'vitest';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import type { CallRecord } from '../recorder/record.ts';
import { CLAUDE, CLAUDE_SMALL, GPT, type GatewayKit, type GatewayKitOptions } from '../testing/internal/gateway-kit.ts';
import { anAccessKey, closeAtEnd, openGatewayKit } from '../testing/internal/gateway-test.ts';
import { anAutomaticCache } from '../testing/model-builders.ts';
import type { AccessKey } from './core/access-keys.ts';

vi.setConfig({ testTimeout: 120_000 });

const SYSTEM = 'You are an agent that works in a repository. '.repeat(1500);

async function rig(options: Partial<GatewayKitOptions> = {}, hasKey = true): Promise<GatewayKit> {
  const models = [...(options.models ?? [CLAUDE])];
  const vendor = closeAtEnd(await createScriptedServer({ models, script: () => ({ text: 'Fine.' }) }));
  return openGatewayKit({ upstreamUrl: vendor.url, models, ...(hasKey ? { apiKey: 'sk-ant-ours' } : {}), ...options });
}

const MINUTE = 60_000;

type Caller = Readonly<Record<string, string>>;

function accessKeyOf(name: string): { readonly auth: Caller; readonly key: AccessKey } {
  const { key, token } = anAccessKey({ name });
  return { auth: { authorization: `Bearer ${token}` }, key };
}

interface Asked {
  readonly auth?: Caller;
  /** The session's second turn. */
  readonly goesOn?: boolean;
  readonly session: string;
  readonly system?: string;
  /** Before the system prompt, in tools; the mark stands there alone. */
  readonly markedTool?: string;
  readonly isMarked?: boolean;
  readonly model?: string;
}

/** A session's first call, as an agent sends it. */
async function begin(
  kit: GatewayKit,
  {
    session,
    system = SYSTEM,
    markedTool,
    isMarked = markedTool === undefined,
    model = 'auto',
    auth = {},
    goesOn = false,
  }: Asked,
): Promise<CallRecord> {
  const marker = { cache_control: { type: 'ephemeral' } };
  const tool = { name: 'look', description: markedTool, input_schema: { type: 'object' }, ...marker };
  const response = await kit.post(
    '/v1/messages',
    {
      model,
      max_tokens: 100,
      ...(markedTool === undefined ? {} : { tools: [tool] }),
      system: [{ type: 'text', text: system, ...(isMarked ? marker : {}) }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: `Look at part ${session}`, ...marker }] },
        ...(goesOn
          ? [
              { role: 'assistant', content: 'Fine.' },
              { role: 'user', content: 'Write the report now.' },
            ]
          : []),
      ],
    },
    { 'x-claude-code-session-id': session, ...auth },
  );
  expect(response.status, await response.text()).toBe(200);
  return lastCall(kit);
}

function lastCall(kit: GatewayKit): CallRecord {
  const call = kit.calls.at(-1);
  if (call === undefined) throw new Error('No call was recorded');
  return call;
}

const foretold = (call: CallRecord): number => call.predictedCacheReadTokens ?? 0;
const read = (call: CallRecord): number => call.usage?.cacheReadTokens ?? 0;

describe('a session that begins as another one did', () => {
  test('is foretold to read what that one left, and does', async () => {
    const kit = await rig();
    expect(foretold(await begin(kit, { session: 'a' }))).toBe(0);
    const second = await begin(kit, { session: 'b' });
    expect(read(second)).toBeGreaterThan(10_000);
    expect(Math.abs(foretold(second) - read(second))).toBeLessThan(0.05 * read(second));
    expect(kit.steps.at(-1)?.input.session.head?.tokens).toBeGreaterThan(10_000);
  });

  test.each<readonly [string, Asked]>([
    [
      'whose instructions differ in their middle, at the same length',
      { session: 'b', system: `${SYSTEM.slice(0, 3000)}#${SYSTEM.slice(3001)}` },
    ],
    ['with another model', { session: 'b', model: CLAUDE_SMALL.id }],
  ])('reads nothing %s, and nothing is foretold', async (_what, asked) => {
    const kit = await rig({ models: [CLAUDE, CLAUDE_SMALL] });
    await begin(kit, { session: 'a', model: CLAUDE.id });
    const second = await begin(kit, { model: CLAUDE.id, ...asked });
    expect(foretold(second)).toBe(0);
  });

  test.each<readonly [string, (name: string) => { readonly auth: Caller; readonly key?: AccessKey }]>([
    ['key of the gateway', accessKeyOf],
    ['key of their vendor, which they bring', (name) => ({ auth: { 'x-api-key': `sk-ant-${name}` } })],
  ])('is promised nothing of what a caller with another %s has left', async (_what, callerOf) => {
    const [owner, other] = [callerOf('owner'), callerOf('other')];
    const accessKeys = [owner, other].flatMap(({ key }) => key ?? []);
    const kit = await rig(accessKeys.length > 0 ? { deps: { accessKeys } } : {}, accessKeys.length > 0);
    await begin(kit, { session: 'a', auth: owner.auth });
    await begin(kit, { session: 'b', auth: other.auth });
    await begin(kit, { session: 'c', auth: owner.auth });
    expect(kit.calls.map((call) => foretold(call) > 10_000)).toEqual([false, false, true]);
    expect(kit.steps.map(({ input }) => input.session.head !== undefined)).toEqual([false, false, true]);
  });

  test.each([
    [4, true],
    [6, false],
  ])('is promised a head for as long as its vendor keeps it, %i minutes on: %s', async (minutes, isWarm) => {
    let now = Date.now();
    const kit = await rig({ deps: { clock: { now: () => now } } });
    await begin(kit, { session: 'a' });
    now += minutes * MINUTE;
    expect(foretold(await begin(kit, { session: 'b' })) > 10_000).toBe(isWarm);
    expect(kit.steps.at(-1)?.input.session.head !== undefined).toBe(isWarm);
  });

  test('is decided by its own marks while nobody else has used the head since', async () => {
    const kit = await rig();
    await begin(kit, { session: 'a' });
    await begin(kit, { session: 'a', goesOn: true });
    expect(kit.steps.map(({ input }) => input.session.head)).toEqual([undefined, undefined]);
  });

  test('is promised nothing of a head that its caller does not mark', async () => {
    const kit = await rig();
    await begin(kit, { session: 'a', isMarked: false });
    const second = await begin(kit, { session: 'b', isMarked: false });
    expect(foretold(second)).toBe(0);
    expect(read(second)).toBe(0);
  });

  test.each<readonly [string, (session: string) => string | undefined, boolean]>([
    ['no key', () => undefined, true],
    ['one key for both', () => 'team', true],
    ['the session as their key', (session) => session, false],
  ])('is promised what it reads where caching needs no mark, with %s', async (_what, keyOf, isRead) => {
    const kit = await rig({ models: [GPT] });
    const ask = async (session: string): Promise<CallRecord> => {
      const body = { model: 'auto', instructions: SYSTEM, input: `Part ${session}`, prompt_cache_key: keyOf(session) };
      const response = await kit.post('/v1/responses', body, { 'x-session-id': session });
      expect(response.status, await response.text()).toBe(200);
      return lastCall(kit);
    };
    await ask('a');
    const second = await ask('b');
    expect(read(second) > 10_000).toBe(isRead);
    expect(Math.abs(foretold(second) - read(second))).toBeLessThanOrEqual(0.05 * read(second));
  });

  test('is promised nothing where its translation is sent under a key of the session', async () => {
    const kit = await rig({ models: [GPT] });
    await begin(kit, { session: 'a' });
    const second = await begin(kit, { session: 'b' });
    expect([foretold(second), read(second)]).toEqual([0, 0]);
  });

  test('is promised a head up to its last mark, and no more', async () => {
    const kit = await rig();
    const markedTool = 'Looks at one part of the work. '.repeat(500);
    await begin(kit, { session: 'a', markedTool });
    const second = await begin(kit, { session: 'b', markedTool });
    expect(read(second)).toBeGreaterThan(3000);
    expect(Math.abs(foretold(second) - read(second))).toBeLessThan(0.05 * read(second));
  });

  test('is promised nothing where only a mark is found again, and its caller can set none', async () => {
    const cacheRule = anAutomaticCache({ exactBreakpoint: true, maxMarkers: 3, granularityTokens: 1 });
    const kit = await rig({ models: [{ ...GPT, cacheRule }] });
    const ask = async (session: string): Promise<CallRecord> => {
      const body = { model: 'auto', instructions: SYSTEM, input: `Look at part ${session}`, prompt_cache_key: session };
      const response = await kit.post('/v1/responses', body);
      expect(response.status, await response.text()).toBe(200);
      return lastCall(kit);
    };
    await ask('a');
    const second = await ask('b');
    expect(read(second)).toBe(0);
    expect(foretold(second)).toBe(0);
  });
});
