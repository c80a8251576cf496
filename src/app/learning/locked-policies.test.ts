import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId, type ModelId } from '../../domain/ids.ts';
import type { LearnedSettings } from '../../domain/router-policy.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import { loadPolicies } from '../../policy/load-policies.ts';
import { retreated, withProposal } from '../../policy/lock-moves.ts';
import type { LockStage } from '../../policy/policy-lock.ts';
import { createScriptedServer } from '../../providers/scripted/scripted-server.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { fine, openTestBed } from '../../testing/internal/test-bed.ts';
import { createPointsman } from '../create-pointsman.ts';
import { openGateway } from '../open-gateway.ts';
import { openRecordViews } from '../open-views.ts';
import { lockDigest, lockIn, type LockStore } from '../stores/open-lock.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

const policy = loadPolicies(loadCatalog()).get('balanced')?.policy;
if (policy === undefined) throw new RangeError('The policy "balanced" is shipped.');
const learnedOn = lockDigest(policy);

interface Place {
  readonly dir: string;
  readonly cwd: string;
  readonly file: string;
  readonly lock: LockStore;
}

function openPlace(vendorUrl: string, more = ''): Place {
  const cwd = mkdtempSync(path.join(tmpdir(), 'pm-locked-'));
  opened.push(async () => Promise.resolve(rmSync(cwd, { recursive: true, force: true })));
  const file = path.join(cwd, 'pointsman.yaml');
  const dir = path.join(cwd, 'store');
  writeFileSync(
    file,
    `${more}
endpoints:
  lab: { baseUrl: "${vendorUrl}/v1", keyless: true, wires: [openai-chat] }
models:
  - { id: lab/dear, endpoint: lab, wireModel: dear, usdPerMTok: { input: 20, output: 100 }, contextTokens: 100000, toolCalling: true, abilityIndex: 60 }
  - { id: lab/cheap, endpoint: lab, wireModel: cheap, usdPerMTok: { input: 0.1, output: 0.2 }, contextTokens: 100000, toolCalling: true, abilityIndex: 20 }
`,
  );
  return { dir, cwd, file, lock: lockIn(dir) };
}

async function withCandidate(lock: LockStore, stage: LockStage, settings: LearnedSettings): Promise<void> {
  const candidate = {
    stage,
    settings,
    shareRatio: 0.5,
    salt: 'test',
    since: new Date(0).toISOString(),
    allowedBy: 'user ada',
    reward: 'green - usd',
  };
  await lock.change((found) => withProposal(found, 'balanced', { learnedOn, candidate }));
}

async function serving(place: Place, warnings: PointsmanError[] = []) {
  const config = loadConfig({ cwd: place.cwd, env: {}, file: place.file });
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const gateway = await openGateway({
    cwd: place.cwd,
    env: {},
    config,
    store: { dir: place.dir },
    settings: { port: 0 },
    pings: false,
    lockEveryMs: 20,
    log: { debug: note, info: note, warn: note, error: note },
    onWarning: (error) => warnings.push(error),
  });
  const { url } = await gateway.listen();
  opened.push(() => gateway.close());
  let asked = 0;
  const ask = async (count: number): Promise<readonly StepRecord[]> => {
    for (let index = 0; index < count; index += 1) {
      asked += 1;
      const body = {
        model: 'auto',
        messages: [{ role: 'user', content: `Mend fault ${asked} in the parser of dates.` }],
      };
      const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
      expect(answer.status).toBe(200);
      await answer.text();
    }
    const views = await openRecordViews(place.dir);
    try {
      let steps: readonly StepRecord[] = [];
      await expect
        .poll(async () => (steps = await views.newestSteps(1000)).length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(asked);
      return steps.slice(0, count);
    } finally {
      await views.close();
    }
  };
  return { ask, lines };
}

const byCandidate = ({ decision }: StepRecord): boolean => decision.policyId === 'balanced+candidate';
const takers = (steps: readonly StepRecord[]): readonly string[] => [
  ...new Set(steps.map(({ decision }) => (decision.kind === 'refuse' ? 'refused' : decision.to))),
];

test('a gateway takes a lock up while it serves: a shadow is recorded, a canary is obeyed in its share, what is in force in all', async () => {
  const vendor = await createScriptedServer({ script: () => ({ text: 'done' }) });
  opened.push(() => vendor.close());
  const place = openPlace(vendor.url);
  const { ask, lines } = await serving(place);
  const taken = async (count: number): Promise<void> => {
    await expect
      .poll(() => lines.filter((line) => line.includes('has changed')).length, { timeout: 20_000 })
      .toBe(count);
  };
  const plain = await ask(4);
  expect(plain.some((step) => byCandidate(step) || step.shadows.length > 0)).toBe(false);
  const [usual = ''] = takers(plain);
  const other = usual === 'lab/dear' ? 'lab/cheap' : 'lab/dear';
  const settings = { denyModels: [usual] } as unknown as LearnedSettings;

  await withCandidate(place.lock, 'shadow', settings);
  await taken(1);
  const shadowed = await ask(4);
  expect(takers(shadowed)).toEqual([usual]);
  expect(shadowed.map(({ shadows }) => shadows.map(({ policyId }) => policyId))).toEqual(
    shadowed.map(() => ['balanced+candidate']),
  );

  await withCandidate(place.lock, 'canary', settings);
  await taken(2);
  const tried = await ask(16);
  const share = tried.filter(byCandidate);
  expect(share.length).toBeGreaterThan(1);
  expect(share.length).toBeLessThan(15);
  expect([takers(share), takers(tried.filter((step) => !byCandidate(step)))]).toEqual([[other], [usual]]);
  for (const { input } of tried)
    expect(input.chance).toMatchObject({
      by: 'canary',
      allowedBy: 'user ada',
      among: [{ ratio: 0.5 }, { ratio: 0.5 }],
    });

  await place.lock.change((found) => ({ ...found, balanced: { learnedOn, current: settings } }));
  await taken(3);
  expect(takers(await ask(4))).toEqual([other]);
}, 240_000);

test('a lock that was edited to nonsense is told; policies hold as their files have them, and what was taken up stays', async () => {
  const vendor = await createScriptedServer({ script: () => ({ text: 'done' }) });
  opened.push(() => vendor.close());
  const place = openPlace(vendor.url);
  await place.lock.change((found) => found);
  const file = path.join(place.dir, 'policy.lock.yaml');
  writeFileSync(file, 'v: 1\npolicies: { balanced: { learnedOn: 3 } }\n');
  const warnings: PointsmanError[] = [];
  const { ask, lines } = await serving(place, warnings);
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/does not hold: .*policy\.lock\.yaml:2/u),
  );
  await ask(1);
  await expect.poll(() => lines.filter((line) => line.includes('stays as it was')).length, { timeout: 20_000 }).toBe(1);

  const warned: PointsmanError[] = [];
  const pointsman = await createPointsman({
    cwd: place.cwd,
    env: {},
    config: loadConfig({ cwd: place.cwd, env: {}, file: place.file }),
    store: { dir: place.dir },
    onWarning: (error) => warned.push(error),
  });
  opened.push(() => pointsman.close());
  expect(pointsman.policies.find(({ id }) => id === 'balanced')).toEqual(policy);
  expect(warned.map(({ message }) => message)).toContainEqual(expect.stringMatching(/does not hold/u));
}, 240_000);

test('jobs and advice go by what is in force and by the canary', async () => {
  const place = openPlace('http://127.0.0.1:9');
  await withCandidate(place.lock, 'canary', { dial: 9 });
  const pointsman = await createPointsman({
    cwd: place.cwd,
    env: {},
    config: loadConfig({ cwd: place.cwd, env: {}, file: place.file }),
    store: { dir: place.dir },
  });
  opened.push(() => pointsman.close());
  expect(pointsman.policies.find(({ id }) => id === 'balanced')?.trial?.candidate).toMatchObject({
    stage: 'canary',
    rules: { dial: 9 },
  });
  const arms = new Map<string, string>();
  for (let index = 0; index < 24; index += 1) {
    const advice = await pointsman.routeStep({ text: `Mend fault ${index}`, kind: 'code' });
    arms.set(
      advice.decision.policyId,
      (await pointsman.explainDecision(advice.decisionId)).text.replaceAll(/\s+/gu, ' '),
    );
  }
  expect([...arms.keys()].toSorted()).toEqual(['balanced', 'balanced+candidate']);
  expect(arms.get('balanced+candidate')).toMatch(
    /This session tries a candidate of "balanced" \(dial: 9.*Under the policy in force the step would have gone .*"pointsman learn --retreat --policy balanced" takes it back\./u,
  );
  expect(arms.get('balanced')).toContain('A candidate of "balanced" is on trial; under it the step would have gone');
});

test('"explain" says of a step which model it has gone to by what was learned, and which it would have gone to', async () => {
  const place = openPlace('http://127.0.0.1:9');
  await place.lock.change(() => ({ balanced: { learnedOn, current: { denyModels: [asId<ModelId>('lab/cheap')] } } }));
  const pointsman = await createPointsman({
    cwd: place.cwd,
    env: {},
    config: loadConfig({ cwd: place.cwd, env: {}, file: place.file }),
    store: { dir: place.dir },
  });
  opened.push(() => pointsman.close());
  const advice = await pointsman.routeStep({
    text: 'Prove it.',
    kind: 'code',
    difficulty: 4,
    stakes: 2,
    policy: 'balanced',
  });
  const { text } = await pointsman.explainDecision(advice.decisionId);
  expect(advice.model).toBe('lab/dear');
  expect(text.replaceAll(/\s+/gu, ' ')).toMatch(
    /What was learned of "balanced" is in force \(.*lab\/cheap\)\. Without it the step would have gone to lab\/cheap/u,
  );
});

test('advice goes by what was learned since, a minute later at the latest', async () => {
  const place = openPlace('http://127.0.0.1:9');
  let now = Date.now();
  const pointsman = await createPointsman({
    cwd: place.cwd,
    env: {},
    config: loadConfig({ cwd: place.cwd, env: {}, file: place.file }),
    store: { dir: place.dir },
    clock: () => now,
  });
  opened.push(() => pointsman.close());
  const armsOf = async (): Promise<readonly string[]> => {
    const arms = new Set<string>();
    for (let index = 0; index < 24; index += 1)
      arms.add((await pointsman.routeStep({ text: `Mend fault ${index}`, kind: 'code' })).decision.policyId);
    return [...arms].toSorted();
  };
  expect(await armsOf()).toEqual(['balanced']);
  await withCandidate(place.lock, 'canary', { dial: 9 });
  now += 30_000;
  expect(await armsOf()).toEqual(['balanced']);
  now += 31_000;
  expect(await armsOf()).toEqual(['balanced', 'balanced+candidate']);
});

test('a job that goes on no longer follows a candidate that was taken back meanwhile', async () => {
  const bed = await openTestBed({ words: fine });
  opened.push(() => bed.close());
  const lock = lockIn(bed.store);
  const besideOf = async (pointsman: Pointsman, jobId: JobId): Promise<readonly string[]> =>
    (await pointsman.jobSteps(jobId)).map(({ shadows }) => shadows.map(({ policyId }) => policyId).join());
  await withCandidate(lock, 'shadow', { dial: 9 });
  const first = await bed.reopen();
  const { report } = await first.planJob({ task: 'Do it.', workspace: bed.workspace });
  expect(await besideOf(first, report.jobId)).toEqual(['balanced+candidate']);
  await first.close();

  await lock.change((found) => retreated(found, 'balanced').lock);
  const second = await bed.reopen();
  expect(await (await second.resumeJob(report.jobId)).result).toMatchObject({ status: 'done' });
  const [plan, ...later] = await besideOf(second, report.jobId);
  expect(plan).toBe('balanced+candidate');
  expect(new Set(later)).toEqual(new Set(['']));
});

test('who runs for long goes by what was learned since, from its next job on', async () => {
  const bed = await openTestBed({ words: fine });
  opened.push(() => bed.close());
  await withCandidate(lockIn(bed.store), 'shadow', { dial: 9 });
  const { report } = await bed.pointsman.planJob({ task: 'Do it.', workspace: bed.workspace });
  const [plan] = await bed.pointsman.jobSteps(report.jobId);
  expect(plan?.shadows.map(({ policyId }) => policyId)).toEqual(['balanced+candidate']);
});
