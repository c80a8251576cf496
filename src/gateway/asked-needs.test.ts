import { afterEach, describe, expect, test } from 'vitest';
import { sumNanoUsd, nanoFromUsd } from '../domain/money.ts';
import { likeliestOf } from '../domain/need.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { HOUR_MS } from '../domain/time.ts';
import { createAskingReader } from '../predict/asking/asking-reader.ts';
import { createLocalNeedReader } from '../predict/need/local-reader.ts';
import { shippedNeed } from '../predict/need/shipped-need.ts';
import { createModelCaller } from '../providers/model-caller.ts';
import type { ScriptedAnswer, ScriptedRequest } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CLAUDE, CLAUDE_SMALL, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { scriptedProviders } from '../testing/scripted-providers.ts';

const open: { close(): Promise<void> }[] = [];
let pausedMs = 0;
afterEach(async () => {
  pausedMs = 0;
  for (const one of open.splice(0).toReversed()) await one.close();
});

const isQuestion = ({ system }: ScriptedRequest): boolean => system.startsWith('You judge one step');
const SAID = { kind: 'review', size: 'many', difficulty: 4, stakes: 3 };
const READER = { maxStepNanoUsd: nanoFromUsd(0.01), maxWaitMs: 1500 };

interface Rig extends GatewayKit {
  readonly vendor: ScriptedServer;
  /** The models that were asked what a step needs. */
  readonly asked: () => readonly string[];
}

async function rig(
  read: () => ScriptedAnswer | undefined = () => ({ text: JSON.stringify(SAID) }),
  policy: Partial<RouterPolicy> = {},
): Promise<Rig> {
  const models = [CLAUDE, CLAUDE_SMALL];
  const script = (request: ScriptedRequest): ScriptedAnswer | undefined =>
    isQuestion(request) ? read() : { text: 'Done.' };
  const vendor = await createScriptedServer({ script, models, strict: true, vendorChecks: false });
  open.push(vendor);
  const needs = createAskingReader(createLocalNeedReader(shippedNeed()));
  const providers = scriptedProviders(vendor, { apiKey: 'scripted' });
  const rules = { maxRetries: 0, baseDelayMs: 0, maxDelayMs: 0 };
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models,
    deps: {
      needs,
      clock: { now: () => Date.now() + pausedMs },
      callModel: createModelCaller({ providers, random: () => 0.5, rules }),
      policy: aPolicy({ reader: READER, ...policy }),
    },
  });
  open.push(kit.gateway);
  const asked = (): readonly string[] =>
    vendor.calls.filter(({ request }) => isQuestion(request)).map(({ request }) => request.model);
  return { ...kit, vendor, asked };
}

const user = (content: unknown): object => ({ role: 'user', content });
const FIRST = user('rename tmp to total in sum.ts');

async function ask(kit: GatewayKit, messages: readonly object[], more: object = {}, session = 's1'): Promise<void> {
  const body = { model: 'auto', max_tokens: 100, messages, ...more };
  const response = await kit.post('/v1/messages', body, { 'x-claude-code-session-id': session });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
}

const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls' } }] };
const result = user([{ type: 'tool_result', tool_use_id: 't1', content: 'sum.ts' }]);

describe('a policy that asks a model what steps need', () => {
  test('asks once per step, and decides by what was said', async () => {
    const kit = await rig();
    await ask(kit, [FIRST]);
    await ask(kit, [FIRST, call, result]);
    const [step] = kit.steps;
    expect(kit.asked()).toEqual([CLAUDE_SMALL.wireModel]);
    const need = step?.input.step.need;
    if (need === undefined) throw new Error('no need was read');
    expect([need.kind.source, likeliestOf(need, 'kind').value, likeliestOf(need, 'stakes').value]).toEqual([
      'model',
      'review',
      3,
    ]);
    await ask(kit, [
      FIRST,
      call,
      result,
      { role: 'assistant', content: 'Done.' },
      user('now write the changelog of 2.0'),
    ]);
    expect(kit.asked()).toHaveLength(2);
  });

  test('is not asked again of a step whose model is reconsidered in its middle, and what it said still holds', async () => {
    const kit = await rig();
    await ask(kit, [FIRST]);
    pausedMs = 2 * HOUR_MS;
    await ask(kit, [FIRST, call, result]);
    expect(kit.steps.map(({ stepId }) => stepId)).toEqual([kit.steps[0]?.stepId, kit.steps[0]?.stepId]);
    expect(kit.asked()).toHaveLength(1);
    expect(kit.steps[1]?.input.step.need?.stakes).toEqual(kit.steps[0]?.input.step.need?.stakes);
  });

  test('is asked of the first step of a session that comes back after it was forgotten', async () => {
    const kit = await rig();
    await ask(kit, [FIRST]);
    pausedMs = 30 * 24 * HOUR_MS;
    await ask(kit, [user('now write the changelog of 2.0')]);
    expect(kit.asked()).toHaveLength(2);
  });

  test('bills what it asked as a line of its own, in the session and in the records', async () => {
    const kit = await rig();
    await ask(kit, [FIRST]);
    await ask(kit, [FIRST, { role: 'assistant', content: 'Done.' }, user('now write the changelog of 2.0')]);
    const readings = kit.calls.filter(({ purpose }) => purpose === 'reader');
    expect(readings).toHaveLength(2);
    expect(readings.every(({ billNanoUsd }) => (billNanoUsd ?? 0) > 0)).toBe(true);
    const [first] = kit.steps;
    expect(readings[0]).toMatchObject({
      stepId: first?.stepId,
      sessionId: first?.sessionId,
      requestedModel: CLAUDE_SMALL.id,
    });
    expect(readings[0]?.gateway?.decisionId).toBe(first?.decision.decisionId);
    const [own] = kit.calls.filter(({ purpose }) => purpose === undefined);
    const billed = sumNanoUsd([own, ...readings].flatMap((one) => one?.billNanoUsd ?? []));
    expect(kit.steps[1]?.input.session.spentNanoUsd).toBe(billed);
  });

  test('keeps what was said with hashes of the step, and none of its words', async () => {
    const kit = await rig();
    await ask(kit, [user('rename Zanzibar to total in sum.ts')]);
    const [reading] = kit.calls.filter(({ purpose }) => purpose === 'reader');
    expect(reading?.reading?.said).toEqual(SAID);
    expect(JSON.stringify(reading)).not.toMatch(/zanzibar/iu);
  });

  test.each<[string, () => ScriptedAnswer | undefined]>([
    ['words', () => ({ text: 'It is hard to say.' })],
    ['an error', () => undefined],
  ])('goes on with what was read here where the model gives %s', async (_, read) => {
    const kit = await rig(read);
    await ask(kit, [FIRST]);
    expect(kit.asked().length).toBeGreaterThan(0);
    expect(kit.steps[0]?.input.step.need?.kind.source).toBe('local-head');
    expect(kit.calls.find(({ purpose }) => purpose === 'reader')?.reading).toBeUndefined();
  });

  test('waits no longer than it says, and takes the answer with the next decision', async () => {
    const kit = await rig(() => ({ text: JSON.stringify(SAID), delayMs: 400 }), {
      reader: { ...READER, maxWaitMs: 20 },
    });
    await ask(kit, [FIRST]);
    expect(kit.steps[0]?.input.step.need?.kind.source).toBe('local-head');
    await expect.poll(() => kit.calls.some(({ purpose }) => purpose === 'reader')).toBe(true);
    await ask(kit, [FIRST], {}, 's2');
    expect(kit.steps[1]?.input.step.need?.kind.source).toBe('model');
    expect(kit.asked()).toHaveLength(1);
  });

  test.each<[string, Partial<RouterPolicy>, object]>([
    ['a policy that asks nobody', { reader: undefined as never }, {}],
    [
      'models that the policy denies',
      { denyModels: [CLAUDE_SMALL.id], reader: { ...READER, model: CLAUDE_SMALL.id } },
      {},
    ],
    ['a demand that no endpoint is known to meet', { compliance: { zeroDataRetention: true } }, { model: CLAUDE.id }],
    ['a budget that is too small', { reader: { ...READER, maxStepNanoUsd: nanoFromUsd(1e-6) } }, {}],
    ['a model that its caller named', {}, { model: CLAUDE.id }],
  ])('nobody is sent words under %s', async (_, policy, more) => {
    const kit = await rig(undefined, policy);
    const body = { model: 'auto', max_tokens: 100, messages: [FIRST], ...more };
    await (await kit.post('/v1/messages', body)).arrayBuffer();
    expect(kit.asked()).toEqual([]);
  });

  test('a key that somebody pasted goes to nobody for reading', async () => {
    const kit = await rig();
    const key = `ghp_${'a1B2'.repeat(9)}`;
    await ask(kit, [user(`why does ${key} fail with 401?`)]);
    const question = kit.vendor.calls.find(({ request }) => isQuestion(request));
    expect(JSON.stringify(question?.body)).not.toContain(key);
    expect(JSON.stringify(question?.body)).toContain('fail with 401');
  });

  test('a harness’s own calls are known by their shape, and nobody is asked', async () => {
    const kit = await rig();
    const system =
      'Generate a concise, sentence-case title (3-7 words) that captures the main topic of this coding session.';
    await ask(kit, [user('rename tmp to total')], { system, tools: [] });
    expect(kit.asked()).toEqual([]);
  });
});
