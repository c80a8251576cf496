import { afterEach, expect, test, vi } from 'vitest';
import { asId, type DecisionId } from '../domain/ids.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';

vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const OPUS = 'claude-opus-5-5';
const BETA = 'mid-conversation-output-config-2026-07-01';

test('a rejected step tries again with more effort on the warm prefix, said in mid-conversation, and the next step has the usual one', async () => {
  const steps = [
    { ...planned('one', 'code'), check: 'none' },
    { ...planned('two', 'code', ['one']), check: 'none' },
  ];
  testBed = await openTestBed({
    pool: [OPUS, 'claude-fable-5-1'],
    files: { 'notes.md': 'word '.repeat(20_000) },
    words: (asked) => (asked.title === 'one' && !asked.rejected ? { text: 'Done!' } : fine(asked, steps)),
  });
  const { pointsman, server, workspace } = testBed;
  const report = await pointsman.runJob({ task: `Do it. ${'word '.repeat(20_000)}`, workspace, approve: 'all' });
  expect(report.status).toBe('done');
  expect(server.objections).toEqual([]);
  const [first, again] = report.steps.filter((step) => step.stepId === 'one');
  expect([first?.model, again?.model]).toEqual([OPUS, OPUS]);
  expect(again?.decision).toBe('escalate');
  const efforts = server.calls.map(({ request, headers }) => [
    request.effort,
    (headers['anthropic-beta'] ?? '').includes(BETA),
  ]);
  // Plan, three tries of the first answer, the try with more effort, the next step, the summary in a context of its own.
  expect(efforts).toEqual([
    [undefined, false],
    [undefined, false],
    [undefined, false],
    [undefined, false],
    ['high', true],
    ['medium', true],
    [undefined, false],
  ]);
  const call = server.calls[4];
  expect(call?.cache.readTokens).toBeGreaterThan(0.8 * (call?.cache.promptTokens ?? 0));
  const text = await pointsman.explainDecision(asId<DecisionId>(again?.decisionId ?? ''));
  expect(JSON.stringify(text)).toContain(`to ${OPUS} at effort high`);
});
