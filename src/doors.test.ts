import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalog, shippedModels } from './catalog/load-catalog.ts';
import { command as policiesCommand } from './cli/commands/policies-command.ts';
import { policyChecks } from './cli/doctor/policy-checks.ts';
import { loadConfig } from './config/load-config.ts';
import { decideExample } from './decisions/decide-example.ts';
import { withPoolDial } from './decisions/pool-dial.ts';
import type { DecideInput, Decision } from './domain/decision.ts';
import type { Model } from './domain/model.ts';
import type { RouterPolicy } from './domain/router-policy.ts';
import type { StepKind } from './domain/step.ts';
import { loadPolicies } from './policy/load-policies.ts';
import type { PolicyExample } from './policy/policy-file.ts';
import { withDial } from './policy/with-dial.ts';
import { createScriptedServer } from './providers/scripted/scripted-server.ts';
import type { StepRecord } from './recorder/record.ts';
import { pointsmanPolicy } from './replay/rules/pointsman.ts';
import { decide } from './router/decide.ts';
import { aStepSize } from './testing/decision-builders.ts';
import { startGatewayKit } from './testing/internal/gateway-kit.ts';
import { codeOf, isTestFile, readTexts } from './testing/internal/house/source-tree.ts';
import { dataOf } from './testing/internal/json-data.ts';
import { fine, openTestBed } from './testing/internal/test-bed.ts';
import { aWorkload } from './testing/internal/workload-builders.ts';
import { createFolderGate } from './trust/folder-gate.ts';

const catalog = loadCatalog();
const balanced = loadPolicies(catalog).get('balanced')?.policy as RouterPolicy;
const candidates = shippedModels().filter(
  (model) => model.toolCalling && /^(?:anthropic|openai)$/u.test(model.endpoint),
);

/** A step of one call in a fresh session, as every door can be made to see it. */
interface Asked {
  readonly pool: readonly Model[];
  readonly dial: number;
  readonly kind: StepKind;
  readonly success: Readonly<Record<string, number>>;
  readonly outputTokens: number;
}

const anyAsked: fc.Arbitrary<Asked> = fc
  .record({
    pool: fc.shuffledSubarray(candidates, { minLength: 3, maxLength: 7 }),
    dial: fc.integer({ min: 0, max: 10 }),
    kind: fc.constantFrom('plan', 'code', 'review', 'test', 'summarize'),
    ratios: fc.array(fc.double({ min: 0.3, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 }),
    outputTokens: fc.integer({ min: 100, max: 20_000 }),
  })
  .map(({ ratios, ...asked }) => ({
    ...asked,
    // Dearer models are likelier to succeed, or there is nothing that a dial could move.
    success: Object.fromEntries(
      asked.pool
        .toSorted((a, b) => a.prices.base.output - b.prices.base.output)
        .map((model, index) => [model.id, Number((ratios.toSorted((a, b) => a - b)[index] ?? 0.5).toFixed(3))]),
    ),
  }));

const chosenBy = (decision: Decision): string => (decision.kind === 'refuse' ? 'refused' : decision.to);

/** Who takes it where nothing but `decide()` is asked: what a door that forgot the dial would choose. */
function chosenUndialled(input: DecideInput): string {
  const { dialFactors: _measured, ...policy } = input.policy;
  return chosenBy(decide({ ...input, policy }));
}

function exampleOf(asked: Asked, expected: string): PolicyExample {
  return {
    say: 'One step.',
    given: {
      kind: asked.kind,
      models: asked.pool.map((model) => model.id),
      success: asked.success,
      modes: ['continue'],
      callCount: 1,
      outputTokensPerCall: asked.outputTokens,
      dial: asked.dial,
    },
    expect: { decision: 'switch', model: expected },
  };
}

function chosenInReplay(asked: Asked): string {
  const [first] = asked.pool;
  const work = aWorkload({
    calls: [{ model: first?.id ?? '', prompt: 200, kind: asked.kind }],
    pool: asked.pool,
    success: (model) => asked.success[model] ?? 0,
  });
  const size = aStepSize({
    callCount: 1,
    newTokensPerCall: 1500,
    outputTokensPerCall: asked.outputTokens,
    instructionTokens: 200,
  });
  const rule = pointsmanPolicy({ policy: withDial(balanced, asked.dial), forecast: 'none', size: () => size });
  const never = (): Int32Array => new Int32Array(work.models.length).fill(-1);
  const m = rule.start(work).choose({
    work,
    index: 0,
    incumbent: -1,
    removedTokens: 0,
    lastUse: never(),
    headUse: never(),
    switchCount: 0,
    spentNano: 0,
    isStepStart: true,
  });
  return work.models[m]?.id ?? '';
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-doors-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writePolicy(asked: readonly (readonly [Asked, expected: string])[]): string {
  const { plan, code, review, test: tests, summarize, explore, other } = balanced.failureNanoUsd;
  const usd = { plan, code, review, test: tests, summarize, explore, other };
  const file = path.join(folder, 'policies', 'doors.policy.yaml');
  mkdirSync(path.dirname(file), { recursive: true });
  const written = {
    id: 'doors',
    version: 1,
    summary: 'Own.',
    failureUsd: Object.fromEntries(Object.entries(usd).map(([kind, nano]) => [kind, nano / 1e9])),
    frontierPenaltyRatio: balanced.frontierPenaltyRatio,
    guards: { familyMarginUsd: balanced.familyMarginNanoUsd / 1e9, escalationCooldownMinutes: 5 },
    ladder: balanced.ladder,
    examples: asked.map(([one, expected]) => exampleOf(one, expected)),
  };
  writeFileSync(file, JSON.stringify(written));
  return file;
}

describe('every door chooses the same model for the same step, pool and dial', () => {
  const steps = fc.sample(anyAsked, { numRuns: 24, seed: 11 });
  const expected = steps.map((asked) => chosenBy(decideExample(exampleOf(asked, ''), balanced, { catalog, decide })));

  test('and the dial measured on the pool is what decides', () => {
    const inputs: DecideInput[] = [];
    const watched = (input: DecideInput): Decision => {
      if (input.session.sessionId === 'example') inputs.push(input);
      return decide(input);
    };
    for (const asked of steps) decideExample(exampleOf(asked, ''), balanced, { catalog, decide: watched });
    const moved = inputs.filter((input, index) => chosenUndialled(input) !== expected[index]);
    expect(inputs).toHaveLength(steps.length);
    expect(moved.length).toBeGreaterThan(steps.length / 10);
  });

  test('replay', () => {
    expect(steps.map(chosenInReplay)).toEqual(expected);
  });

  test('the examples of a policy file, in `policies` and in `doctor`', async () => {
    const file = writePolicy(steps.map((asked, index) => [asked, expected[index] ?? '']));
    let out = '';
    const io = { env: { HOME: folder }, cwd: folder, isTerminal: false, trustFolders: true };
    await policiesCommand.run([file, '--json'], {
      ...io,
      stdout: (text) => (out += text),
      stderr: () => undefined,
      signal: new AbortController().signal,
    });
    const { examples } = dataOf(out) as { readonly examples: readonly { readonly faults: readonly string[] }[] };
    expect(examples).toHaveLength(steps.length);
    expect(examples.flatMap(({ faults }) => faults)).toEqual([]);

    const config = loadConfig({ cwd: folder, env: io.env, gate: createFolderGate({ env: io.env, accept: 'all' }) });
    const { checks } = policyChecks({ ...config, policyDirs: [path.dirname(file)] }, catalog);
    expect(checks.filter((check) => check.status !== 'ok' && check.name.includes('doors'))).toEqual([]);
    expect(checks[0]?.detail).toMatch(/^9 of 9/u);
  });
});

describe('every door that runs or advises decides at the dial measured on its pool', () => {
  const pool = candidates.filter((model) => /opus-5-5$|haiku-4-5$|sol$|luna$/u.test(model.id));
  const ids = pool.map((model) => model.id);

  /** The decision stands at the measured scale, and it is the one that this input gives. */
  function expectDialled({ input, decision }: Pick<StepRecord, 'input' | 'decision'>, dial: number): void {
    expect(input.models.map((model) => model.id)).toEqual(expect.arrayContaining(ids));
    const { dialFactors: measured, ...policy } = input.policy;
    expect(measured).toBeDefined();
    expect(measured).toEqual(withPoolDial(policy, input.models, decide).dialFactors);
    expect(policy.dial).toBe(dial);
    expect(decide(input)).toEqual(decision);
  }

  test('jobs and `routeStep`', async () => {
    const bed = await openTestBed({ words: (asked) => fine(asked), pool: ids });
    try {
      for (const dial of [0, 5, 10]) {
        const advice = await bed.pointsman.routeStep({ text: 'Fix the parser.', kind: 'code', dial });
        expectDialled(await bed.pointsman.decision(advice.decisionId), dial);
      }
      const { jobId } = await bed.pointsman.runJob({ task: 'Do one thing.', workspace: bed.workspace, dial: 8 });
      const steps = await bed.pointsman.jobSteps(jobId);
      expect(steps).toHaveLength(3);
      for (const step of steps) expectDialled(step, 8);
    } finally {
      await bed.close();
    }
  });

  test('the gateway', async () => {
    const vendor = await createScriptedServer({ script: () => ({ text: 'ok' }), models: pool, vendorChecks: false });
    const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: pool, deps: { policy: balanced } });
    try {
      for (const model of ['auto-frontier', 'auto', 'auto-fast']) {
        const messages = [{ role: 'user', content: 'Fix the parser.' }];
        const response = await kit.post('/v1/messages', { model, max_tokens: 100, messages });
        await response.arrayBuffer();
      }
      expect(kit.steps).toHaveLength(3);
      for (const [index, dial] of [1, 5, 9].entries()) expectDialled(kit.steps[index] as StepRecord, dial);
    } finally {
      await kit.gateway.close();
      await vendor.close();
    }
  });
});

/** Calls of the router's `decide`, and names under which it would be called unseen. */
function callsOf(text: string): readonly string[] {
  const code = codeOf(text);
  return [
    ...code.matchAll(/(?<!function )\bdecide\??\.?\(/gu),
    ...code.matchAll(/\bdecide\.(?:call|apply|bind)\b/gu),
    ...code.matchAll(/\bdecide as\b/gu),
    ...code.matchAll(/=\s*(?:[\w.]+\.)?decide\b(?!:)/gu),
    // Taken out of its parts under another name.
    ...code.matchAll(/\bdecide: (?!decide\b|typeof\b)[a-z]\w*(?=\s*[,}])(?=[^{}]*\}(?:: [\w.<>]+)?\s*(?:=(?!=)|\)))/gu),
    ...code.matchAll(/\.(?:map|flatMap|forEach|then)\((?:[\w.]+\.)?decide\b/gu),
  ].map(([found]) => found);
}

/** Whether a text takes the router's `decide` by whichever kind of import, or from a module of the router that hands it on. */
function takesDecide(text: string): boolean {
  return /(?:from|import)\s*\(?\s*['"`][^'"`]*router\/decide(?:\.[jt]s)?['"`]/u.test(text);
}

/** What may take `decide` from the router besides, and why. */
const HANDED_IN: Readonly<Record<string, string>> = {
  'src/app/create-pointsman.ts': 'builds the parts of jobs',
  'src/app/open-gateway.ts': 'builds the parts of the gateway',
  'src/cli/commands/policies-command.ts': 'decides the examples of a policy file',
  'src/cli/commands/certify-command.ts': 'decides tasks whose outcomes are known',
  'src/cli/learn/learn-command.ts': 'decides recorded steps again under other settings',
  'src/cli/running/ui-command.ts': 'decides a recorded step again for the page',
  'src/cli/doctor/policy-checks.ts': 'decides the examples of every policy file',
  'src/cli/dial/calibrate-dial.ts': 'shows the dial that decisions use',
  'src/cli/dial/own-calibration.ts': 'shows what each notch does with own steps',
  'src/replay/rules/pointsman.ts': 'our rule of replay',
  'evals/product-decision.ts': 'what studies take as the product',
  'evals/learn/certificates.ts': 'certifies as the command does',
  'evals/learn/planted-stream.ts': 'decides planted steps as every door does',
  'evals/need/route-stream.ts': 'what `routeStep` needs of a process',
};
describe('`decide()` is called by `router` and `decisions` alone', () => {
  const root = path.join(import.meta.dirname, '..');
  const texts = ['src', 'evals', 'scripts'].flatMap((folder) =>
    [...readTexts(path.join(root, folder))].map(([file, text]) => ({ file: `${folder}/${file}`, text })),
  );
  const others = texts.filter(({ file }) => !isTestFile(file) && !/^src\/(?:router|decisions|testing)\//u.test(file));

  test('nobody else calls it', () => {
    expect(others.length).toBeGreaterThan(500);
    expect(others.flatMap(({ file, text }) => callsOf(text).map((call) => `${file}: ${call}`))).toEqual([]);
  });

  test('whoever hands it in is known', () => {
    const importers = texts
      .filter(({ file }) => !isTestFile(file) && !/^src\/(?:router|decisions|testing)\//u.test(file))
      .filter(({ text }) => takesDecide(text))
      .map(({ file }) => file);
    expect(importers.toSorted()).toEqual(Object.keys(HANDED_IN).toSorted());
  });

  test.each([
    "import { decide } from '../router/decide.ts';",
    "export * from '../router/decide.ts';",
    "const { decide } = await import('../router/decide.ts');",
    'const router = import(`../router/decide.ts`);',
    "type Decide = import('../router/decide.ts').Decide;",
  ])('%s takes it', (line) => {
    expect(takesDecide(line)).toBe(true);
  });

  test('the router hands it on from nowhere else', () => {
    const router = texts.filter(({ file }) => file.startsWith('src/router/') && !isTestFile(file));
    const handed = router.filter(({ text }) =>
      /^export [^;\n]*from '[^']*\/decide\.ts'|^export \{[^}]*\bdecide\b/mu.test(text),
    );
    expect(handed.map(({ file }) => file)).toEqual([]);
  });

  test.each([
    'const decision = decide(input);',
    'return deps.decide(input);',
    'const made = services.decide?.(input);',
    'const chosen = inputs.map(decide);',
    "import { decide as judge } from '../router/decide.ts';",
    'const judge = deps.decide;',
    'decide.call(undefined, input);',
    'const { decide: judge } = deps;',
    'const { recorder, decide: judge }: Deps = deps;',
    'function choose({ decide: judge, models }: Deps) {',
  ])('%s is seen', (line) => {
    expect(callsOf(line)).not.toEqual([]);
  });

  test.each(['makeDecision(input, { decide, shadows: [] });', '// decide(input)', 'planBill(input, services.decide);'])(
    '%s is not',
    (line) => {
      expect(callsOf(line)).toEqual([]);
    },
  );
});
