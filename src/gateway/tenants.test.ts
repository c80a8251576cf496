import { afterEach, expect, test } from 'vitest';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CLAUDE, CLAUDE_SMALL, GPT, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../testing/internal/gateway-test.ts';
import type { AccessKey } from './core/access-keys.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

interface Caller {
  readonly key: AccessKey;
  readonly auth: Readonly<Record<string, string>>;
}

function caller(name: string, allowModels?: readonly string[]): Caller {
  const { key, token } = anAccessKey({ name, allowModels });
  return { key, auth: { authorization: `Bearer ${token}` } };
}

interface Setup {
  readonly kit: GatewayKit;
  readonly vendor: ScriptedServer;
}

async function setupOf(callers: readonly Caller[]): Promise<Setup> {
  const models = [CLAUDE, CLAUDE_SMALL, GPT];
  const vendor = await createScriptedServer({ models, script: () => ({ text: 'yes' }) });
  open.push(vendor);
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models,
    deps: { accessKeys: callers.map(({ key }) => key), policy: aPolicy() },
  });
  open.push(kit.gateway);
  return { kit, vendor };
}

const WORDS = [{ role: 'user', content: 'Hello there' }];

async function say(kit: GatewayKit, { auth }: Caller, path: string, body: object, more = {}): Promise<Response> {
  const response = await kit.post(path, body, { ...auth, ...more });
  await response.clone().arrayBuffer();
  return response;
}

test('a response of one tenant is not there for another, under a virtual name and under its own', async () => {
  const [owner, outsider] = [caller('owner'), caller('stranger')];
  const { kit, vendor } = await setupOf([owner, outsider]);
  const first = await say(kit, owner, '/v1/responses', { model: GPT.id, input: 'x' });
  const { id } = (await first.json()) as { readonly id: string };
  const before = vendor.calls.length;
  for (const model of ['auto', GPT.id]) {
    const body = { model, input: 'y', previous_response_id: id };
    expect((await say(kit, outsider, '/v1/responses', body)).status).toBe(404);
  }
  expect(vendor.calls.length).toBe(before);
});

test.each(['/v1/messages', '/v1/messages/count_tokens', '/v1/responses', '/v1/chat/completions'])(
  'no name leads a key past its list at %s',
  async (path) => {
    const few = caller('few', [CLAUDE_SMALL.id]);
    const { kit, vendor } = await setupOf([few]);
    const names = [
      'auto',
      'auto-frontier',
      'claude-auto',
      CLAUDE.id,
      GPT.id,
      CLAUDE_SMALL.id,
      `${CLAUDE.id}[1m]`,
      'gpt-9',
    ];
    for (const model of names) await say(kit, few, path, { model, max_tokens: 9, messages: WORDS, input: 'x' });
    expect(vendor.calls.filter((call) => call.request.model !== CLAUDE_SMALL.wireModel)).toEqual([]);
  },
);

test('an answer is remembered for its tenant alone', async () => {
  const [one, other] = [caller('one'), caller('other')];
  const { kit, vendor } = await setupOf([one, other]);
  const body = { model: CLAUDE.id, max_tokens: 9, temperature: 0, messages: WORDS };
  for (const who of [one, one, other]) await say(kit, who, '/v1/messages', body, { 'x-pointsman-cache': 'exact' });
  expect(vendor.calls).toHaveLength(2);
});

test('two strangers with the same first words are two sessions', async () => {
  const [one, other] = [caller('one'), caller('other')];
  const { kit } = await setupOf([one, other]);
  for (const who of [one, other])
    await say(kit, who, '/v1/messages', { model: CLAUDE.id, max_tokens: 9, messages: WORDS });
  expect(new Set(kit.calls.map(({ sessionId }) => sessionId)).size).toBe(2);
  const named = { 'x-pointsman-session': 'same' };
  const spent = async (who: Caller): Promise<void> =>
    void (await say(kit, who, '/v1/messages', { model: 'auto', max_tokens: 9, messages: WORDS }, named));
  await spent(one);
  await spent(other);
  // Each begins anew: neither has the other's incumbent.
  expect(kit.steps.slice(-2).map(({ input }) => input.session.incumbent)).toEqual([undefined, undefined]);
});
