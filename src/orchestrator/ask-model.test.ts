import { afterEach, expect, test } from 'vitest';
import { messageText } from '../domain/transcript.ts';
import type { ScriptedAnswer, ScriptedRequest } from '../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type TestBed, type TestBedOptions } from '../testing/internal/test-bed.ts';
import type { JobReport } from './model/job-report.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const STEPS = [{ ...planned('one', 'code'), check: 'none' }];
const QUESTION = { role: 'adviser', question: 'Why does it loop?', material: 'while (true) {}' };
const ask: ScriptedAnswer = { toolCalls: [{ name: 'ask_model', input: QUESTION }] };

/** What was asked of other models, in order. */
function questions(): readonly ScriptedRequest[] {
  const requests = testBed?.server.calls.map((call) => call.request) ?? [];
  return requests.filter(({ messages }) => messages.map(messageText).join('\n').includes('# Its question'));
}

/** What the asking step read last. */
const lastRead = (request: ScriptedRequest): string =>
  messageText(request.messages.at(-1) ?? { role: 'user', content: [] });

async function jobOf(options: Partial<TestBedOptions>): Promise<JobReport> {
  testBed = await openTestBed({
    tools: true,
    read: () => ({ text: 'Nothing ends it.' }),
    words: (asked) => fine(asked, STEPS),
    ...options,
  });
  return testBed.pointsman.runJob({ task: 'Mend the loop.', workspace: testBed.workspace, approve: 'all' });
}

/** The model family, as its id begins. */
const family = (model: string | undefined): string => String(model).split('-')[0] ?? '';

test('a step asks a model of another family, which sees the question alone', async () => {
  let read = '';
  await jobOf({
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, STEPS);
      if (asked.turn === 0) return ask;
      read = lastRead(asked.request);
      return fine(asked);
    },
  });
  const [question] = questions();
  expect(questions()).toHaveLength(1);
  expect(question?.tools).toEqual([]);
  expect(question?.messages.map(messageText).join('\n')).toContain('while (true) {}');
  expect(read).toContain('Nothing ends it.');
});

test('a question is routed among other families, and billed under its own name', async () => {
  const report = await jobOf({
    words: (asked) => (asked.kind === 'code' && asked.turn === 0 ? ask : fine(asked, STEPS)),
  });
  expect(report.status).toBe('done');
  const step = report.steps.find(({ kind }) => kind === 'code');
  const [advice] = step?.asked ?? [];
  expect(advice).toMatchObject({ role: 'adviser', question: 'Why does it loop?' });
  expect(family(advice?.model)).not.toBe(family(step?.model));
  expect(report.bill.advice).toEqual({ callCount: 1, billNanoUsd: advice?.billNanoUsd });
  expect(advice?.billNanoUsd).toBeGreaterThan(0);
  const sum = report.steps.reduce((total, { billNanoUsd }) => total + billNanoUsd, advice?.billNanoUsd ?? 0);
  expect(sum).toBe(report.bill.spentNanoUsd);
  const { text, decision } = await testBed!.pointsman.explainDecision(advice!.decisionId);
  expect(text).toContain(advice?.model);
  expect(decision.candidates.map(({ model }) => family(model))).not.toContain(family(step?.model));
  const usage = await testBed!.pointsman.usageReport();
  expect(usage.byKind.find(({ key }) => key === 'advice')).toMatchObject({ callCount: 1 });
});

test('a step may put so many questions and no more', async () => {
  const seen: string[] = [];
  const report = await jobOf({
    files: { 'pointsman.config.yaml': 'steps: { ask: { maxQuestions: 2 } }\n' },
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, STEPS);
      if (asked.turn > 0) seen.push(lastRead(asked.request));
      return asked.turn < 3 ? ask : fine(asked);
    },
  });
  expect(report.status).toBe('done');
  expect(questions()).toHaveLength(2);
  expect(seen[2]).toContain('has put its 2 questions');
});

test.each([
  ['its questions may cost so little', 'steps: { ask: { maxUsd: 0.0000001 } }\n'],
  ['the step has nothing left', 'steps: { maxUsd: 0.0000001, ask: {} }\n'],
  ['its questions may take so few tokens', 'steps: { ask: { maxTokens: 20 } }\n'],
])('nobody is asked where %s', async (_what, config) => {
  const report = await jobOf({
    files: { 'pointsman.config.yaml': config },
    words: (asked) => (asked.kind === 'code' && asked.turn === 0 ? ask : fine(asked, STEPS)),
  });
  expect(report.status).toBe('done');
  expect(questions()).toEqual([]);
  expect(report.bill.advice).toBeUndefined();
});

test.each<readonly [string, Partial<TestBedOptions>]>([
  ['only one family is there', { pool: ['claude-opus-5-5', 'claude-haiku-4-5'] }],
  ['its user does not want it', { files: { 'pointsman.config.yaml': 'steps: { ask: off }\n' } }],
])('no step is offered to ask where %s', async (_what, options) => {
  await jobOf(options);
  const offered = testBed!.server.calls.flatMap(({ request }) => request.tools.map(({ name }) => name));
  expect(offered.length).toBeGreaterThan(0);
  expect(offered).not.toContain('ask_model');
});

test('what cannot be asked is said, and the step goes on', async () => {
  const seen: string[] = [];
  const report = await jobOf({
    read: () => ({ text: '', failure: { kind: 'refused-key' } }),
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, STEPS);
      if (asked.turn > 0) seen.push(lastRead(asked.request));
      if (asked.turn === 0) return { toolCalls: [{ name: 'ask_model', input: { role: 'boss', question: 'Why?' } }] };
      return asked.turn === 1 ? ask : fine(asked);
    },
  });
  expect(report.status).toBe('done');
  expect(seen[0]).toContain('"role" is one of adviser, critic, second-opinion');
  expect(seen[1]).toMatch(/could not be asked\. Go on without\./u);
});

test('a job that goes on asks nothing again that was answered', async () => {
  let isDown = true;
  const report = await jobOf({
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, STEPS);
      if (asked.turn === 0) return ask;
      if (isDown) return { text: '', failure: { kind: 'refused-key' } };
      return lastRead(asked.request).includes('Nothing ends it.') ? fine(asked) : json({ nothing: 'seen' });
    },
  });
  expect(report.status).toBe('failed');
  isDown = false;
  const again = await testBed!.reopen();
  expect((await (await again.resumeJob(report.jobId)).result).status).toBe('done');
  expect(questions()).toHaveLength(1);
});
