import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { JobId } from '../domain/ids.ts';
import type { StepRecord } from '../recorder/record.ts';
import { decide } from '../router/decide.ts';
import { fine, openTestBed, planned, type TestBed, type TestBedOptions } from '../testing/internal/test-bed.ts';
import type { OutcomeRequest, Pointsman, RouteAdvice } from './model/pointsman.ts';

const CHEAP = 'gpt-6-luna';
const STRONG = 'claude-opus-5-5';

/** A failed piece of work costs little beside the strong model's bill for it: what is cheap and mostly right comes first. */
const THRIFTY = [
  'id: thrifty',
  'version: 1',
  'summary: Cheap and mostly right.',
  'dial: 5',
  'failureUsd: { plan: 0.6, code: 0.6, review: 0.6, test: 0.6, summarize: 0.6, explore: 0.6, other: 0.6 }',
].join('\n');

/** Beliefs age by the day: what is learned before midnight is not what is believed after it. */
const NOON = Date.UTC(2026, 10, 22, 12);
/** Reports come one after the other; those of one instant are ordered by their random ids, as nobody knows better. */
let tickMs = 0;
const clock = (): number => NOON + (tickMs += 1);

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

async function open(options: Partial<TestBedOptions> = {}): Promise<TestBed> {
  const base = { words: fine, pool: [STRONG, CHEAP], ...options };
  testBed = await openTestBed({
    ...base,
    options: { clock, ...(options.options ?? { store: 'memory' }) },
    files: { 'thrifty.policy.yaml': THRIFTY, ...options.files },
  });
  return testBed;
}

const policyOf = ({ workspace }: TestBed): string => path.join(workspace, 'thrifty.policy.yaml');

/** The code step of a job under the thrifty policy. */
async function codeStep(home: TestBed): Promise<StepRecord> {
  const { pointsman, workspace } = home;
  const report = await pointsman.runJob({ task: 'Do it.', workspace, policy: policyOf(home) });
  expect(report.status).toBe('done');
  const step = (await pointsman.jobSteps(report.jobId)).find(({ kind }) => kind === 'code');
  if (step === undefined) throw new Error('The job had no code step');
  expect(JSON.stringify(decide(step.input))).toBe(JSON.stringify(step.decision));
  return step;
}

const modelOf = ({ decision }: StepRecord): string => (decision.kind === 'refuse' ? decision.code : decision.to);

/** Asks for advice on code steps that only the cheap model may take, and reports what came of them. */
async function report(
  pointsman: Pointsman,
  verdict: OutcomeRequest['verdict'],
  of: { readonly count: number; readonly principal?: (index: number) => string },
): Promise<void> {
  for (let index = 0; index < of.count; index += 1) {
    const advice = await pointsman.routeStep({ text: 'Write it.', kind: 'code', models: [CHEAP] });
    const principal = of.principal?.(index);
    const { decisionId } = advice;
    await pointsman.recordOutcome({ decisionId, verdict, ...(principal === undefined ? {} : { principal }) });
  }
}

describe('a job routes by what was recorded', () => {
  test('after a dozen reports that the cheap model fails at code, the same job gives code to another', async () => {
    const home = await open();
    const before = await codeStep(home);
    expect(modelOf(before)).toBe(CHEAP);
    expect(before.predictorVersion).toMatch(/\+beliefs-2\./u);

    await report(home.pointsman, 'failed', { count: 12 });
    const after = await codeStep(home);
    expect(modelOf(after)).toBe(STRONG);
    expect(after.predictorVersion).toMatch(/\+beliefs-2\.[0-9a-f]{8}$/u);
    expect(after.predictorVersion).not.toBe(before.predictorVersion);
    expect(after.input.quality.find(({ model }) => model === CHEAP)).toMatchObject({ basis: 'learned' });
    // What was said of code says less about who is right at plans.
    const lost = (step: StepRecord | undefined): number =>
      -(step?.input.quality.find(({ model }) => model === CHEAP)?.learned?.logit ?? 0);
    const plan = (await home.pointsman.jobSteps(after.jobId as JobId)).find(({ kind }) => kind === 'plan');
    expect(lost(plan)).toBeGreaterThan(0.1);
    expect(lost(plan)).toBeLessThan(0.7 * lost(after));
  });

  test('one failure among fifty successes changes no route', async () => {
    const home = await open();
    await report(home.pointsman, 'good_fit', { count: 50 });
    const trusted = await codeStep(home);
    expect(modelOf(trusted)).toBe(CHEAP);
    await report(home.pointsman, 'failed', { count: 1 });
    const after = await codeStep(home);
    expect(modelOf(after)).toBe(CHEAP);
    const believed = (step: StepRecord): number =>
      step.input.quality.find(({ model }) => model === CHEAP)?.successRatio ?? 0;
    expect(believed(after)).toBeGreaterThan(believed(trusted) - 0.005);
  });

  test('a hundred and twenty reports that the strong model was more than was needed send the next step to the cheap one', async () => {
    const home = await open();
    const advise = async (): Promise<RouteAdvice> =>
      home.pointsman.routeStep({ text: 'Write it.', kind: 'code', models: [STRONG, CHEAP] });
    const { model: before } = await advise();
    expect(before).toBe(STRONG);
    const decided = await Promise.all(Array.from({ length: 120 }, advise));
    for (const { decisionId } of decided)
      await home.pointsman.recordOutcome({ decisionId, verdict: 'overprovisioned' });
    const after = await advise();
    expect(after.model).toBe(CHEAP);
    const { input } = await home.pointsman.decision(after.decisionId);
    expect(input.quality.find(({ model }) => model === CHEAP)?.learned?.logit).toBeGreaterThan(0.3);
  });

  test('rewards move routes where the configuration says what they mean', async () => {
    const lost = async (files: Readonly<Record<string, string>>): Promise<number | undefined> => {
      const home = await open({ files });
      for (let index = 0; index < 12; index += 1) {
        const { decisionId } = await home.pointsman.routeStep({ text: 'Write it.', kind: 'code', models: [CHEAP] });
        await home.pointsman.recordOutcome({ decisionId, verdict: 'good_fit', reward: 0 });
      }
      const { decisionId } = await home.pointsman.routeStep({ text: 'Write it.', kind: 'code', models: [CHEAP] });
      const { input } = await home.pointsman.decision(decisionId);
      await home.close();
      return input.quality[0]?.learned?.logit;
    };
    expect(await lost({ 'pointsman.config.yaml': 'reward: { bad: 0, good: 5 }\n' })).toBeLessThan(-0.5);
    expect(await lost({})).toBeGreaterThan(0);
  });

  test('two failures are too few to say anything', async () => {
    const home = await open();
    const before = await codeStep(home);
    await report(home.pointsman, 'failed', { count: 2 });
    expect(modelOf(await codeStep(home))).toBe(modelOf(before));
  });

  test('what was learned is there after a restart', async () => {
    const home = await open({ options: {} });
    // Of many people: what one says is bounded, and a step as small as this one is worth a dear model only after much.
    await report(home.pointsman, 'failed', { count: 30, principal: (index) => `person-${index}` });
    const first = await home.pointsman.routeStep({ text: 'Write it.', kind: 'code', policy: policyOf(home) });
    await home.pointsman.close();
    const again = await home.reopen();
    const second = await again.routeStep({ text: 'Write it.', kind: 'code', policy: policyOf(home) });
    expect(second.model).toBe(STRONG);
    expect(second.model).toBe(first.model);
    const versions = await Promise.all([first, second].map((advice) => again.decision(advice.decisionId)));
    expect(new Set(versions.map(({ predictorVersion }) => predictorVersion)).size).toBe(1);
  });

  test('real jobs learn nothing from scripted ones', async () => {
    const home = await open({ options: {} });
    const step = await codeStep(home);
    for (let index = 0; index < 12; index += 1) {
      const principal = `someone-${index}`;
      await home.pointsman.recordOutcome({ decisionId: step.decision.decisionId, verdict: 'failed', principal });
    }
    await home.pointsman.close();
    const real = await home.reopen({ scripted: false });
    const advice = await real.routeStep({ text: 'Write it.', kind: 'code' });
    expect((await real.decision(advice.decisionId)).predictorVersion).toMatch(/\+beliefs-2\.none$/u);
  });

  test('a report on whether the tests were right moves how far tests are trusted in the next job', async () => {
    const home = await open({
      tools: true,
      files: { 'package.json': '{"name":"x","scripts":{"test":"exit 0"}}' },
      words: (asked) => fine(asked, [{ ...planned('one', 'code'), check: 'tests' }]),
    });
    const run = async (): Promise<StepRecord> => {
      const done = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace, approve: 'all' });
      expect(done.status).toBe('done');
      return (await home.pointsman.jobSteps(done.jobId)).find(({ kind }) => kind === 'code') as StepRecord;
    };
    const first = await run();
    expect(first.outcome?.checks.map((check) => check.verifierId)).toEqual(['contract', 'tests']);
    expect(first.input.step.checks[0]).toMatchObject({ sensitivity: { yes: 5, no: 5 }, falseAlarm: { yes: 1, no: 9 } });
    await home.pointsman.recordOutcome({
      decisionId: first.decision.decisionId,
      verdict: 'failed',
      truth: 'wrong',
    });
    const second = await run();
    expect(second.input.step.checks[0]).toMatchObject({
      sensitivity: { yes: 5, no: 6 },
      falseAlarm: { yes: 1, no: 9 },
    });
    expect(JSON.stringify(decide(second.input))).toBe(JSON.stringify(second.decision));
  });
});
