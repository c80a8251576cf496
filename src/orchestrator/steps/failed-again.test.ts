import { afterEach, expect, test } from 'vitest';
import type { ScriptedFailure } from '../../providers/scripted/script.ts';
import { fine, openTestBed, type TestBed, type Words } from '../../testing/internal/test-bed.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const POOL = ['claude-opus-5-5', 'gpt-6-luna'];

/** One vendor fails whatever it is asked in a step of code. */
const failing =
  (failure: ScriptedFailure): Words =>
  (asked) =>
    asked.kind === 'code' && asked.request.model.startsWith('claude') ? { text: 'I begin', failure } : fine(asked);

test.each<readonly [string, ScriptedFailure]>([
  ['is at its limit', { kind: 'rate-limited', retryAfterMs: 60_000 }],
  ['breaks off', { kind: 'cut-stream', afterChunks: 1 }],
  ['says no JSON', { kind: 'broken-json' }],
  ['refuses the request', { kind: 'rejected', message: 'tools.0: not a schema' }],
  ['wants a key', { kind: 'refused-key' }],
])(
  'where an endpoint %s in a resumed job, too, another model takes the step, and nothing is sent a third time',
  async (_what, failure) => {
    const words = failing(failure);
    testBed = await openTestBed({ pool: POOL, words });
    const { pointsman, workspace, server } = testBed;
    const first = await pointsman.runJob({ task: 'Do it.', workspace });
    expect(first.status).toBe('failed');
    const sent = server.calls.length;

    const why: string[] = [];
    const onEvent = (event: { readonly type: string; readonly why?: string }): void => {
      if (event.type === 'escalation') why.push(event.why ?? '');
    };
    const handle = await pointsman.resumeJob(first.jobId, { onEvent });
    const done = await handle.result;
    expect(done.status).toBe('done');
    const code = done.steps.filter((step) => step.kind === 'code').map(({ model, status }) => [model, status]);
    expect(code).toEqual([
      ['claude-opus-5-5', 'failed'],
      ['gpt-6-luna', 'accepted'],
    ]);
    expect(why.join('\n')).toMatch(/provider failed/u);
    const [before, after] = [server.calls.slice(0, sent), server.calls.slice(sent)].map((calls) =>
      calls
        .filter(({ request }) => request.model.startsWith('claude'))
        .map(({ request }) => JSON.stringify([request.system, request.messages])),
    );
    const failed = before?.at(-1);
    // Once more, with the retries of one call; no third time.
    expect(new Set(after?.filter((one) => one === failed)).size).toBe(1);
    expect((after ?? []).filter((one) => one === failed).length).toBeLessThanOrEqual(
      (before ?? []).filter((one) => one === failed).length,
    );
  },
);

test('a model that the user named is never left', async () => {
  testBed = await openTestBed({ pool: POOL, words: failing({ kind: 'rejected', message: 'no' }) });
  const { pointsman, workspace } = testBed;
  const stepModels = { code: 'claude-opus-5-5' };
  let report = await pointsman.runJob({ task: 'Do it.', workspace, stepModels });
  for (let time = 0; time < 2; time += 1) {
    expect(report.failure?.code).toBe('provider-rejected');
    report = await (await pointsman.resumeJob(report.jobId)).result;
  }
  expect(report.status).toBe('failed');
});
