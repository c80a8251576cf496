import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fine, openHouse, planned } from '../testing/internal/scripted-house.ts';
import type { House } from '../testing/internal/scripted-house.ts';
import type { StepRecord } from '../recorder/record.ts';

const CLAUDE = 'claude-opus-5-5';
const POLICY = `id: apart
version: 1
summary: Code runs in contexts of its own.
dial: 5
failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }
kinds: { code: { modes: [isolate] } }
`;

let house: House | undefined;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

const codeSteps = [planned('one', 'code'), planned('two', 'code', ['one'])];

function warmTokens(step: StepRecord | undefined, mode: string): number {
  return step?.decision.candidates.find((row) => row.mode === mode)?.warmTokens ?? -1;
}

describe('the tools and system prompt of an agent', () => {
  test('are read by its second fresh context, as was expected and decided', async () => {
    house = await openHouse({
      pool: [CLAUDE],
      tools: true,
      files: { 'apart.policy.yaml': POLICY },
      words: (asked) => fine(asked, codeSteps),
    });
    const policy = path.join(house.workspace, 'apart.policy.yaml');
    const report = await house.pointsman.runJob({ task: 'Do it.', workspace: house.workspace, approve: 'all', policy });
    expect(report.status).toBe('done');
    const steps = await house.pointsman.jobSteps(report.jobId);
    const [one, two] = ['one', 'two'].map((id) => steps.find((step) => step.stepId === id));
    expect(one?.input.step.freshHead?.key).toBe(two?.input.step.freshHead?.key);
    expect(warmTokens(one, 'isolate')).toBe(0);
    const expected = warmTokens(two, 'isolate');
    expect(expected).toBeGreaterThan(1000);

    // Plan, one, two, summary: what the vendor read in the second context is what was decided with, up to its count.
    const second = house.server.calls[2];
    expect(second?.cache.readTokens).toBeGreaterThan(0.8 * expected);
    expect(second?.cache.readTokens).toBeLessThan(1.25 * expected);
    const bill = two?.decision.candidates.find((row) => row.mode === 'isolate')?.billNanoUsd ?? 0;
    expect(bill).toBeLessThan(one?.decision.candidates.find((row) => row.mode === 'isolate')?.billNanoUsd ?? 0);
  });
});
