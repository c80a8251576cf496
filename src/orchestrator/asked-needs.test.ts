import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { sumNanoUsd } from '../domain/money.ts';
import { likeliestOf } from '../domain/need.ts';
import type { ScriptedAnswer, ScriptFunction } from '../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';
import type { Pointsman } from './model/pointsman.ts';

const CHEAP = 'gpt-6-luna';
const SAID = { kind: 'code', size: 'few', difficulty: 4, stakes: 3 };

const policy = (reader: string): string =>
  [
    'id: asking',
    'version: 1',
    'summary: A small model is asked what steps need.',
    'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }',
    `reader: ${reader}`,
  ].join('\n');

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

async function open(reader = 'model', read: ScriptFunction = () => json(SAID)): Promise<TestBed> {
  testBed = await openTestBed({
    words: (asked) => fine(asked, [planned('one', 'code'), planned('two', 'review', ['one'])]),
    read,
    files: { 'asking.policy.yaml': policy(reader) },
  });
  return testBed;
}

const policyOf = ({ workspace }: TestBed): string => path.join(workspace, 'asking.policy.yaml');
const isQuestion = ({ request }: TestBed['server']['calls'][number]): boolean =>
  request.system.startsWith('You judge one step');

describe('a job whose policy asks a model what steps need', () => {
  test('asks once per step, pays for it from the job, and shows it as a line of its own', async () => {
    const home = await open();
    const { pointsman, workspace, server } = home;
    const report = await pointsman.runJob({ task: 'Do it.', workspace, policy: policyOf(home) });
    expect(report.status).toBe('done');
    const asked = server.calls.filter(isQuestion);
    const steps = await pointsman.jobSteps(report.jobId);
    expect(asked.map(({ request }) => request.model)).toEqual(asked.map(() => CHEAP));
    expect(new Set(asked.map(({ request }) => JSON.stringify(request.messages))).size).toBe(asked.length);
    const code = steps.find(({ kind }) => kind === 'code')?.input.step.need;
    expect([code?.kind.source, code?.difficulty.source]).toEqual(['declared', 'model']);
    expect(code && likeliestOf(code, 'stakes').value).toBe(3);

    const { reader, spentNanoUsd } = report.bill;
    expect(reader?.callCount).toBe(asked.length);
    expect(reader?.billNanoUsd).toBeGreaterThan(0);
    const ofSteps = sumNanoUsd(report.steps.map((step) => step.billNanoUsd));
    expect(spentNanoUsd).toBe(sumNanoUsd([ofSteps, reader?.billNanoUsd ?? []].flat()));
    const usage = await pointsman.usageReport();
    expect(usage.byKind.find(({ key }) => key === 'reader')?.billNanoUsd).toBe(reader?.billNanoUsd);
  });

  test('runs as before where nothing of use is answered', async () => {
    const home = await open('model', () => ({ text: 'Hard to say.' }));
    const { pointsman, workspace } = home;
    const report = await pointsman.runJob({ task: 'Do it.', workspace, policy: policyOf(home) });
    expect(report.status).toBe('done');
    const [step] = await pointsman.jobSteps(report.jobId);
    expect(step?.input.step.need?.difficulty.source).toMatch(/^local/u);
  });

  test('asks of the steps to come beside the one at hand, so that a silent vendor holds its decision up once', async () => {
    const waiting: (() => void)[] = [];
    const home = await open('model', () => {
      return new Promise<ScriptedAnswer>((resolve) => {
        waiting.push(() => resolve(json(SAID)));
        if (waiting.length > 1) for (const answer of waiting) answer();
      });
    });
    const { pointsman, workspace } = home;
    const report = await pointsman.runJob({ task: 'Do it.', workspace, policy: policyOf(home) });
    const steps = await pointsman.jobSteps(report.jobId);
    expect(steps.find(({ kind }) => kind === 'code')?.input.step.need?.difficulty.source).toBe('model');
  });

  test('records what a question that nobody answered may have billed, and does not put it again', async () => {
    const home = await open('{ maxWaitSeconds: 0.05 }', () => ({ failure: { kind: 'stall' } }));
    const { pointsman, workspace, server } = home;
    const report = await pointsman.runJob({ task: 'Do it.', workspace, policy: policyOf(home) });
    expect(report.status).toBe('done');
    const asked = server.calls.filter(isQuestion).length;
    expect(asked).toBeGreaterThan(0);
    await pointsman.close();
    const again = await home.reopen();
    const lines: string[] = [];
    for await (const line of again.exportJob(report.jobId)) lines.push(line);
    const readings = lines.filter((line) => line.includes('"purpose":"reader"'));
    expect(readings).toHaveLength(asked);
    for (const reading of readings) expect(reading).toMatch(/"mayHaveBilledNanoUsd":[1-9]/u);
  });

  test('asks nobody unless its policy says so', async () => {
    const home = await open('local');
    await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace, policy: policyOf(home) });
    expect(home.server.calls.filter(isQuestion)).toEqual([]);
  });
});

describe('advice under such a policy', () => {
  test('asks once for the same words, decides by the answer, and records what it billed', async () => {
    const home = await open(`{ model: ${CHEAP}, maxStepUsd: 0.01, maxWaitSeconds: 1 }`);
    const { pointsman, server } = home;
    const ask = (): ReturnType<Pointsman['routeStep']> =>
      pointsman.routeStep({ text: 'rename tmp to total', policy: policyOf(home) });
    const [first] = [await ask(), await ask()];
    expect(server.calls.filter(isQuestion)).toHaveLength(1);
    const { input } = await pointsman.decision(first.decisionId);
    expect(input.step.need?.difficulty.source).toBe('model');
    const usage = await pointsman.usageReport();
    expect(usage.byKind.map(({ key }) => key)).toEqual(['reader']);
    expect(usage.spentNanoUsd).toBeGreaterThan(0);
  });

  test('asks nothing where everything is declared', async () => {
    const home = await open();
    const declared = { kind: 'code', size: 'few', difficulty: 2, stakes: 1 } as const;
    await home.pointsman.routeStep({ text: 'rename tmp to total', policy: policyOf(home), ...declared });
    expect(home.server.calls.filter(isQuestion)).toEqual([]);
  });
});
