import { expect, test } from 'vitest';
import type { JobReport } from '../../orchestrator/model/job-report.ts';
import type { ResumeAnswer } from '../../orchestrator/model/pointsman.ts';
import { answerPauses } from './answer-pauses.ts';

const paused = (kind: string): JobReport =>
  ({
    jobId: 'job-1',
    status: 'paused',
    pause: {
      kind,
      code: 'tool-denied',
      question: 'The tool server seats asks: Which?\u001B[2J',
      subject: 'digest/call',
    },
  }) as unknown as JobReport;
const done = { jobId: 'job-1', status: 'done' } as unknown as JobReport;

test.each<readonly [string, string, ResumeAnswer | undefined]>([
  ['what they say', 'window, please', { kind: 'reply', text: 'window, please', subject: 'digest/call' }],
  ['a no', '-', { kind: 'reply', text: undefined, subject: 'digest/call' }],
  ['nothing', '', undefined],
])('a person at the terminal answers a tool server with %s', async (_what, said, answer) => {
  const given: (ResumeAnswer | undefined)[] = [];
  let shown = '';
  const io = {
    signal: new AbortController().signal,
    stderr: (text: string) => void (shown += text),
    ask: async () => said,
  } as unknown as Parameters<typeof answerPauses>[1]['io'];
  const pointsman = {
    resumeJob: async (_jobId: unknown, options: { readonly answer?: ResumeAnswer }) => {
      given.push(options.answer);
      return { result: Promise.resolve(done) };
    },
  } as unknown as Parameters<typeof answerPauses>[1]['pointsman'];
  const progress = { onEvent: () => undefined, close: () => undefined };
  const report = await answerPauses(paused('question'), { io, pointsman, progress });
  expect(report.status).toBe(answer === undefined ? 'paused' : 'done');
  expect(given).toEqual(answer === undefined ? [] : [answer]);
  expect(shown).toContain('seats asks: Which?');
  expect(shown).not.toContain('\u001B');
});
