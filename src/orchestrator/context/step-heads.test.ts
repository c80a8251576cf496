import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { StepRecord } from '../../recorder/record.ts';
import { fine, openTestBed, planned, type TestBed } from '../../testing/internal/test-bed.ts';

const CLAUDE = 'claude-opus-5-5';
const POLICY = `id: apart
version: 1
summary: Code runs in contexts of its own, the plan in the shared one.
dial: 5
failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }
kinds: { plan: { modes: [continue] }, code: { modes: [isolate] } }
`;

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const codeSteps = [planned('one', 'code'), planned('two', 'code', ['one'])];

function warmTokens(step: StepRecord | undefined, mode: string): number {
  return step?.decision.candidates.find((row) => row.mode === mode)?.warmTokens ?? -1;
}

async function run(): Promise<{ readonly home: TestBed; readonly steps: readonly StepRecord[] }> {
  const home = (testBed = await openTestBed({
    pool: [CLAUDE],
    tools: true,
    files: { 'apart.policy.yaml': POLICY },
    words: (asked) => fine(asked, codeSteps),
  }));
  const policy = path.join(home.workspace, 'apart.policy.yaml');
  const report = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace, approve: 'all', policy });
  expect(report.status).toBe('done');
  return { home, steps: await home.pointsman.jobSteps(report.jobId) };
}

describe('the tools and system prompt that contexts share', () => {
  test('are read by a fresh context where they are warm, as was expected, decided and recorded', async () => {
    const { home, steps } = await run();
    const [plan, one, two] = ['plan', 'one', 'two'].map((id) => steps.find((step) => step.stepId === id));
    expect(plan?.toolList).toBeUndefined();
    // Plan, one, two, summary. The plan left the shared transcript's head warm: each context begins with it.
    for (const [at, step] of [one, two].entries()) {
      const call = home.server.calls[at + 1];
      expect(step?.toolList).toMatchObject({ choice: 'same-tools' });
      expect(step?.toolList?.sameNanoUsd).toBeLessThan(step?.toolList?.fewerNanoUsd ?? 0);
      expect(call?.request.tools).toEqual(home.server.calls[0]?.request.tools);
      const expected = warmTokens(step, 'isolate');
      expect(expected).toBeGreaterThan(1000);
      expect(call?.cache.readTokens).toBeGreaterThan(0.75 * expected);
    }
    const { text } = await home.pointsman.explainDecision(two?.decision.decisionId ?? ('' as never));
    expect(text).toContain('the warm list is kept');
  });
});
