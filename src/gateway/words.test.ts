import { afterEach, describe, expect, test } from 'vitest';
import { asId, type DecisionId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import { createBeliefSource } from '../learn/beliefs/belief-source.ts';
import { readRisk } from '../predict/risk-reader.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { createMemoryRecorder } from '../recorder/memory-recorder.ts';
import { decide } from '../router/decide.ts';
import { aDecideInput, aPolicy, aQuality } from '../testing/index.ts';
import {
  CLAUDE,
  CLAUDE_SMALL,
  startGatewayKit,
  type GatewayKit,
  type GatewayKitOptions,
} from '../testing/internal/gateway-kit.ts';
import { anOutcomeRecord, aStepRecord } from '../testing/record-builders.ts';
import { createAccessKey } from './core/access-keys.ts';

const models = [CLAUDE, CLAUDE_SMALL];
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function rig(options: Partial<GatewayKitOptions>): Promise<GatewayKit> {
  const vendor = await createScriptedServer({ script: () => ({ text: 'ok' }), models, vendorChecks: false });
  open.push(vendor);
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models, ...options });
  open.push(kit.gateway);
  return kit;
}

/** A new session each time, so that nothing is warm and only the words differ. */
async function say(kit: GatewayKit, words: string, session: string, token?: string): Promise<string> {
  const response = await kit.post(
    '/v1/messages',
    { model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: words }] },
    { 'x-claude-code-session-id': session, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  );
  await response.arrayBuffer();
  return kit.calls.at(-1)?.requestedModel ?? '';
}

/** Failing at a plan is dear, failing at anything else costs nothing: words that sound like a plan get the dear model. */
const dearPlans = aPolicy({
  failureNanoUsd: {
    plan: nanoFromUsd(500),
    code: nanoFromUsd(0),
    review: nanoFromUsd(0),
    test: nanoFromUsd(0),
    summarize: nanoFromUsd(0),
    explore: nanoFromUsd(0),
    other: nanoFromUsd(0),
  },
});
const FORCING = 'Plan the architecture: design the system and write an implementation plan for the migration.';
const PLAIN = 'hello there';

describe('the bound on what words may do', () => {
  test('an attacker gets the burst and then its fair share of dear models, through the whole gateway', async () => {
    const kit = await rig({ deps: { policy: { ...dearPlans, maxUpgradeRatio: 0.25 } } });
    const served: string[] = [];
    for (let call = 0; call < 60; call += 1) served.push(await say(kit, FORCING, `s${call}`));
    const dear = served.filter((model) => model === CLAUDE.id).length;
    expect(served.slice(0, 8).every((model) => model === CLAUDE.id)).toBe(true);
    expect(dear).toBeLessThanOrEqual(0.25 * 60 + 8 + 1);
    expect(dear).toBeGreaterThan(15);
  });

  test('without the bound every such request is upgraded, so it is the bound that holds', async () => {
    const kit = await rig({ deps: { policy: dearPlans } });
    for (let call = 0; call < 30; call += 1) expect(await say(kit, FORCING, `s${call}`)).toBe(CLAUDE.id);
    expect(await say(kit, PLAIN, 'plain')).toBe(CLAUDE_SMALL.id);
  });

  test('the record says that the words were not heard, and decides again to the same bytes', async () => {
    const kit = await rig({ deps: { policy: { ...dearPlans, maxUpgradeRatio: 0 } } });
    for (let call = 0; call < 12; call += 1) await say(kit, FORCING, `s${call}`);
    const held = kit.steps.at(-1);
    expect(held?.input.session.wordsHeld).toBe(true);
    expect(held?.input.step.kind).toBe('other');
    expect(kit.steps[0]?.input.session.wordsHeld).toBeUndefined();
    for (const step of kit.steps) expect(JSON.stringify(decide(step.input))).toBe(JSON.stringify(step.decision));
  });

  test('one principal does not use up what another may have', async () => {
    const plain = { createdAt: 1, budgetNanoUsd: undefined, policyId: undefined, allowModels: undefined };
    const [one, other] = ['one', 'other'].map((name) =>
      createAccessKey({ ...plain, name, requestsPerMinute: undefined }),
    );
    const kit = await rig({
      deps: {
        policy: { ...dearPlans, maxUpgradeRatio: 0 },
        accessKeys: [one, other].flatMap((made) => (made === undefined ? [] : [made.key])),
      },
    });
    for (let call = 0; call < 12; call += 1) await say(kit, FORCING, `s${call}`, one?.token);
    expect(await say(kit, FORCING, 's99', one?.token)).toBe(CLAUDE_SMALL.id);
    expect(await say(kit, FORCING, 's99', other?.token)).toBe(CLAUDE.id);
  });
});

describe('risks in the words', () => {
  const secret = `deploy with ${['AKIA', 'ABCDEFGHIJKLMNOP'].join('')} please`;
  const cheap = aPolicy({ ...dearPlans });

  test('are not read where the policy says nothing of them', async () => {
    const kit = await rig({ deps: { policy: cheap, readRisk } });
    await say(kit, secret, 's1');
    expect(kit.steps[0]?.input.session.risk).toBe('none');
  });

  test('are recorded and change nothing where they are watched', async () => {
    const kit = await rig({ deps: { policy: { ...cheap, risk: { mode: 'watch' } }, readRisk } });
    expect(await say(kit, secret, 's1')).toBe(CLAUDE_SMALL.id);
    expect(kit.steps[0]?.input.session).toMatchObject({ risk: 'secrets', riskWhy: expect.stringMatching(/form/u) });
    expect(kit.steps[0]?.decision.rejected).toEqual([]);
  });

  test('limit the models where the policy has a lane, and stay with the session', async () => {
    const lane = { mode: 'lane', models: [CLAUDE.id] } as const;
    const kit = await rig({ deps: { policy: { ...cheap, risk: lane }, readRisk } });
    expect(await say(kit, PLAIN, 's1')).toBe(CLAUDE_SMALL.id);
    expect(await say(kit, secret, 's1')).toBe(CLAUDE.id);
    expect(await say(kit, 'thanks and goodbye', 's1')).toBe(CLAUDE.id);
    expect(await say(kit, PLAIN, 's2')).toBe(CLAUDE_SMALL.id);
  });
});

test('what records have taught of a model reaches the decisions of calls', async () => {
  const recorder = createMemoryRecorder();
  for (let index = 0; index < 40; index += 1) {
    const decisionId = asId<DecisionId>(`dec-${index}`);
    const input = aDecideInput({
      models,
      quality: models.map((model) => aQuality(model, 0.8)),
      override: CLAUDE_SMALL.id,
    });
    const decision = { ...decide(input), decisionId };
    recorder.writeStep(aStepRecord({ jobId: undefined, kind: 'other', input, decision }));
    recorder.writeOutcome(
      anOutcomeRecord({ decisionId, verdict: 'failed', principal: `p${index}`, at: Date.now() - 60_000 }),
    );
  }
  const source = createBeliefSource({ recorder, clock: Date.now, priorDrift: () => 0.02, scripted: false });
  await source.current();
  const kit = await rig({ deps: { beliefs: source } });
  await say(kit, PLAIN, 's1');
  const plain = await rig({});
  await say(plain, PLAIN, 's1');
  const chance = (of: GatewayKit): number =>
    of.steps[0]?.input.quality.find((row) => row.model === CLAUDE_SMALL.id)?.successRatio ?? 0;
  expect(chance(kit)).toBeLessThan(chance(plain) - 0.2);
  expect(kit.steps[0]?.predictorVersion).toContain('+beliefs');
  expect(plain.steps[0]?.predictorVersion).not.toContain('+beliefs');
});
