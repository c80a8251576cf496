import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Predictor } from '../predict/predictor.ts';
import type { StepRecord } from '../recorder/record.ts';
import { aStepSize } from '../testing/decision-builders.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';

const [ABLE, CHEAP] = ['claude-opus-4-8', 'claude-sonnet-5'];

const policy = (guard: string): string => `id: guarded
version: 1
summary: Follows need, within the guard.
dial: 5
failureUsd: { plan: 8, code: 8, review: 8, test: 8, summarize: 8, explore: 8, other: 8 }
${guard}
kinds: { code: { modes: [continue] }, plan: { modes: [continue] }, summarize: { modes: [continue] } }
`;

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
const steps = names.map((name, index) => planned(name, 'code', index === 0 ? [] : [names[index - 1] ?? '']));

/** Each other step only the dear model will do; for those between, the other does a little better. */
const flapping: Predictor = {
  version: 'flapping',
  quality: (features, models) => {
    const isEasy = /s[1357]\b/u.test(features.text) || features.kind === 'summarize';
    const estimates = models.map((model) => ({
      model: model.id,
      successRatio: model.id === ABLE ? 0.92 : isEasy ? 0.93 : 0.2,
      widthRatio: 0.1,
      basis: 'prior' as const,
    }));
    return Promise.resolve({ kind: 'scored', estimates });
  },
  size: () => aStepSize({ callCount: 1, outputTokensPerCall: 30, newTokensPerCall: 0, instructionTokens: 250 }),
};

async function run(guard: string): Promise<readonly StepRecord[]> {
  const home = (testBed = await openTestBed({
    pool: [ABLE ?? '', CHEAP ?? ''],
    files: { 'guarded.policy.yaml': policy(guard) },
    words: (asked) => fine(asked, steps),
    options: { predictor: flapping },
  }));
  const task = `Do it. ${'word '.repeat(20_000)}`;
  const file = path.join(home.workspace, 'guarded.policy.yaml');
  const report = await home.pointsman.runJob({ task, workspace: home.workspace, approve: 'all', policy: file });
  expect(report.status).toBe('done');
  const records = await home.pointsman.jobSteps(report.jobId);
  await home.close();
  return records;
}

/** After each step, what was billed above never switching. */
const overheads = (records: readonly StepRecord[]): readonly number[] =>
  records.slice(1).map(({ input }) => input.session.spentNanoUsd / input.session.neverSwitchNanoUsd - 1);

test('a job whose needs flap never bills more than the guard allows above never switching', async () => {
  const free = await run('');
  expect(Math.max(...overheads(free))).toBeGreaterThan(0.2);
  const guarded = await run('guards: { maxOverheadRatio: 0.1 }');
  expect(Math.max(...overheads(guarded))).toBeLessThanOrEqual(0.1);
  expect(guarded.some(({ decision }) => decision.rejected.some((one) => one.code === 'overhead-guard'))).toBe(true);
});
