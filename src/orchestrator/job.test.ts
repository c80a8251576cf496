import { afterEach, describe, expect, test } from 'vitest';
import { messageText } from '../domain/transcript.ts';
import { decide } from '../router/decide.ts';
import { fine, json, openTestBed, planned, type TestBed, type TestBedOptions } from '../testing/internal/test-bed.ts';
import type { JobEvent } from './model/job-event.ts';
import type { JobReport } from './model/job-report.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

async function open(options: TestBedOptions): Promise<TestBed> {
  testBed = await openTestBed(options);
  return testBed;
}

const outcomes = (report: JobReport): readonly string[] =>
  report.steps.map((step) => `${step.stepId} ${step.attempt} ${step.status}`);

describe('a job', () => {
  test('is planned, done step by step and summed up; its bill is the sum of its calls and its record can be decided again', async () => {
    const { pointsman, workspace, server } = await open({ words: (asked) => fine(asked) });
    const events: JobEvent[] = [];
    const report = await pointsman.runJob(
      { task: 'Do one thing.', workspace },
      { onEvent: (event) => events.push(event) },
    );

    expect(report.status).toBe('done');
    expect(report.summary).toBe('The summarize step is done.');
    expect(outcomes(report)).toEqual(['plan 0 accepted', 'one 0 accepted', 'summarize 0 accepted']);
    expect(report.bill.spentNanoUsd).toBe(report.steps.reduce((sum, step) => sum + step.billNanoUsd, 0));
    expect(report.bill.spentNanoUsd).toBeGreaterThan(0);
    expect(report.bill.counterfactuals.map((other) => other.name)).toEqual(['always-frontier', 'never-switch']);
    expect(report.scripted).toBe(true);
    expect(server.calls.length).toBe(3);
    expect(events[0]?.type).toBe('job-start');
    expect(events.at(-1)).toMatchObject({ type: 'job-end', status: 'done' });

    const steps = await pointsman.jobSteps(report.jobId);
    expect(steps).toHaveLength(3);
    for (const step of steps) {
      expect(JSON.stringify(decide(step.input))).toBe(JSON.stringify(step.decision));
      expect(step.outcome?.status).toBe('accepted');
    }
    // The overhead guard holds each later step against the model of the first call and what it would have billed.
    const [first, ...later] = steps.map((step) => step.input.session);
    expect(first).toMatchObject({ neverSwitchNanoUsd: 0, isFirst: true });
    expect(later.map((session) => session.isFirst)).toEqual([undefined, undefined]);
    expect(report.steps.map((step) => step.isFirst)).toEqual([true, undefined, undefined]);
    const planner = report.steps[0]?.model;
    expect(later.map((session) => session.neverSwitchModel)).toEqual([planner, planner]);
    expect(later[0]?.neverSwitchNanoUsd).toBeGreaterThan(0);
    expect(later[1]?.neverSwitchNanoUsd).toBeGreaterThan(later[0]?.neverSwitchNanoUsd ?? 0);
    expect((await pointsman.jobs())[0]).toMatchObject({ jobId: report.jobId, status: 'done' });
  });

  test('tells the same events to a reader as to a listener', async () => {
    const { pointsman, workspace } = await open({ words: (asked) => fine(asked) });
    const withWords: string[] = [];
    const handle = await pointsman.startJob(
      { task: 'Do one thing.', workspace },
      { onEvent: (event) => withWords.push(event.type) },
    );
    const read: string[] = [];
    for await (const event of handle.events) read.push(event.type);
    expect(read).toEqual(withWords);
    expect((await handle.result).status).toBe('done');
  });

  test('a question plans no steps and is answered', async () => {
    const { pointsman, workspace } = await open({ words: (asked) => fine(asked, []) });
    const report = await pointsman.runJob({ task: 'Why?', workspace });
    expect(outcomes(report)).toEqual(['plan 0 accepted', 'summarize 0 accepted']);
  });

  test('an answer that breaks its contract is shown what is wrong, and a model that does not learn is replaced', async () => {
    const { pointsman, workspace, server } = await open({
      words: (asked) => (asked.kind === 'code' && !asked.rejected ? { text: 'Done!' } : fine(asked)),
    });
    const report = await pointsman.runJob({ task: 'Do it.', workspace });
    expect(outcomes(report)).toEqual(['plan 0 accepted', 'one 0 rejected', 'one 1 accepted', 'summarize 0 accepted']);
    const [first, second] = report.steps.filter((step) => step.stepId === 'one');
    expect(first).toMatchObject({ callCount: 3, checks: [{ verifierId: 'contract', passed: false }] });
    expect(second?.decision).toBe('escalate');
    expect(second?.model).not.toBe(first?.model);
    const repair = server.calls.map((call) =>
      messageText(call.request.messages.at(-1) ?? { role: 'user', content: [] }),
    );
    expect(repair.filter((text) => text.includes('does not keep the contract'))).toHaveLength(2);
  });

  test('a plan that cannot be run is given back with the reason', async () => {
    const bad = { steps: [planned('a', 'code', ['ghost'])] };
    const { pointsman, workspace, server } = await open({
      words: (asked) => (asked.kind === 'plan' && asked.turn === 0 ? json(bad) : fine(asked)),
    });
    const report = await pointsman.runJob({ task: 'Do it.', workspace });
    expect(report.status).toBe('done');
    const text = messageText(server.calls[1]?.request.messages.at(-1) ?? { role: 'user', content: [] });
    expect(text).toContain('depends on "ghost", which is no step');
  });

  test('a review that asks for changes sends the change back, and what was built on it is looked at again', async () => {
    const steps = [planned('make', 'code'), planned('judge', 'review', ['make'])];
    const { pointsman, workspace } = await open({
      words: (asked) => {
        const isFirst = asked.kind === 'review' && !asked.rejected;
        const finding = { severity: 'blocking', file: 'a.js', text: 'It divides by nothing.' };
        return isFirst
          ? json({ summary: 'Not yet.', verdict: 'request-changes', findings: [finding] })
          : fine(asked, steps);
      },
    });
    const report = await pointsman.runJob({ task: 'Make it.', workspace });
    expect(report.status).toBe('done');
    expect(outcomes(report)).toEqual([
      'plan 0 accepted',
      'make 0 accepted',
      'judge 0 accepted',
      'make 1 accepted',
      'judge 1 accepted',
      'summarize 0 accepted',
    ]);
    expect(report.steps.find((step) => step.stepId === 'make' && step.attempt === 1)?.decision).toBe('escalate');
  });

  test('a review that is never content does not keep a job for ever', async () => {
    const steps = [planned('make', 'code'), planned('judge', 'review', ['make'])];
    const finding = { severity: 'blocking', text: 'I do not like it.' };
    const { pointsman, workspace } = await open({
      pool: ['claude-opus-5-5', 'claude-sonnet-5', 'gpt-5.4-mini', 'gpt-6-luna'],
      words: (asked) =>
        asked.kind === 'review'
          ? json({ summary: 'No.', verdict: 'request-changes', findings: [finding] })
          : fine(asked, steps),
    });
    const report = await pointsman.runJob({ task: 'Make it.', workspace });
    expect(report.status).toBe('done');
    expect(report.steps.filter((step) => step.stepId === 'make').length).toBeLessThanOrEqual(3);
    expect(report.steps.filter((step) => step.kind === 'review').length).toBeLessThanOrEqual(3);
  });

  test('a step that every model gets wrong is thought about, and the plan goes another way', async () => {
    const { pointsman, workspace } = await open({
      pool: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-5.4-mini', 'gpt-6-luna'],
      words: (asked) => {
        if (asked.text.includes('ReflectResult')) {
          return json({ action: 'revise', why: 'Smaller.', insert: [planned('small', 'code')], drop: [] });
        }
        return asked.kind === 'code' && asked.title === 'one' ? { text: 'I cannot.' } : fine(asked);
      },
    });
    const report = await pointsman.runJob({ task: 'Make it.', workspace });
    expect(report.status).toBe('done');
    const tried = report.steps.filter((step) => step.stepId === 'one').map((step) => step.model);
    expect(tried.length).toBeGreaterThan(1);
    // Each once, and the one whose vendor takes more effort in mid-conversation at most once more, with that.
    const again = tried.filter((model, index) => tried.indexOf(model) !== index);
    expect(again.every((model) => model === 'claude-opus-5-5')).toBe(true);
    expect(again.length).toBeLessThanOrEqual(1);
    expect(outcomes(report).slice(-3)).toEqual(['reflect-1 0 accepted', 'small 0 accepted', 'summarize 0 accepted']);
  });

  test('independent steps run side by side', async () => {
    const steps = [planned('r1', 'review'), planned('r2', 'review')];
    let open_ = 0;
    let most = 0;
    const { pointsman, workspace, server } = await open({
      words: (asked) => (asked.kind === 'review' ? { ...fine(asked), delayMs: 150 } : fine(asked, steps)),
    });
    const report = await pointsman.runJob(
      { task: 'Look twice.', workspace },
      {
        onEvent: (event) => {
          if (event.type === 'call-start') most = Math.max(most, (open_ += 1));
          if (event.type === 'call-end') open_ -= 1;
        },
      },
    );
    expect(report.status).toBe('done');
    expect(most).toBe(2);
    expect(server.calls).toHaveLength(4);
    expect(report.steps.filter((step) => step.kind === 'review').every((step) => step.mode !== 'continue')).toBe(true);
  });

  test('on the shared transcript every call extends the one before, byte for byte', async () => {
    const agents = ['plan', 'code', 'summarize'].map((kind) => [
      `.pointsman/agents/${kind}.md`,
      `---\nname: ${kind}\nkind: ${kind}\nmodes: continue\n---\nDo what the step says.\n`,
    ]);
    const { pointsman, workspace, server } = await open({
      pool: ['claude-opus-5-5'],
      files: Object.fromEntries(agents) as Record<string, string>,
      words: (asked) => fine(asked, [planned('a', 'code'), planned('b', 'code', ['a'])]),
    });
    const report = await pointsman.runJob({ task: 'Two things.', workspace });
    expect(report.steps.map((step) => step.mode)).toEqual(['continue', 'continue', 'continue', 'continue']);
    const prompts = server.calls.map((call) => call.request);
    for (const [index, prompt] of prompts.entries()) {
      const before = prompts[index - 1];
      if (before === undefined) continue;
      expect(prompt.system).toBe(before.system);
      expect(prompt.tools).toEqual(before.tools);
      const texts = (request: typeof prompt): string => request.messages.map(messageText).join('\n');
      expect(texts(prompt).startsWith(texts(before))).toBe(true);
    }
    expect(server.calls.at(-1)?.cache.readTokens).toBeGreaterThan(0);
  });

  test('a named model is obeyed for its kind and no other', async () => {
    const { pointsman, workspace } = await open({ words: (asked) => fine(asked) });
    const report = await pointsman.runJob({
      task: 'Do it.',
      workspace,
      model: 'gpt-6-luna',
      stepModels: { code: 'claude-opus-5-5' },
    });
    expect(report.steps.map((step) => step.model)).toEqual(['gpt-6-luna', 'claude-opus-5-5', 'gpt-6-luna']);
  });
});
