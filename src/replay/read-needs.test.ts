import { expect, test } from 'vitest';
import { requireModel } from '../catalog/create-catalog.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { likeliestOf, meanOf } from '../domain/need.ts';
import type { StepKind } from '../domain/step.ts';
import { choosePolicy, loadPolicies } from '../policy/load-policies.ts';
import { createPriorPredictor } from '../predict/prior-predictor.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import { aTrace } from '../testing/internal/workload-builders.ts';
import { recordedStepsReader } from './pricing/recorded-steps-reader.ts';
import { replay } from './replay.ts';
import type { ReplayReport } from './report/replay-report.ts';
import { dialPolicies } from './rules/ours.ts';
import { predictThread } from './simulation/step-success.ts';

const catalog = loadCatalog();
const pool = ['claude-opus-5-5', 'claude-haiku-4-5'].map((id) => requireModel(catalog, id));
const { policy } = choosePolicy(loadPolicies(catalog), 'balanced', { catalog, cwd: import.meta.dirname });
const needs = recordedStepsReader({ artifactFile: undefined });

const EASY = 'rename tmp to total in sum.ts';
const HARD =
  'the payments ledger loses a row in production about once a week under load; find the race, fix it without a lock on the hot path and prove it';

/** A recorded session of one turn whose words these are, and of which the log shows no more or what kinds of work it was. */
function session(text: string, kinds: readonly (StepKind | undefined)[] = []): SessionTrace {
  const calls = [0, 1, 2].map((index) => ({
    model: 'claude-opus-5-5',
    prompt: 12_001 + 2000 * index,
    read: index === 0 ? 0 : 12_000 + 2000 * (index - 1),
    output: 300,
    ...(kinds[index] === undefined ? {} : { kind: kinds[index] }),
  }));
  const trace = aTrace(calls, 's1');
  const threads = trace.threads.map((thread) => ({
    ...thread,
    steps: thread.steps.map((step, index) => ({
      ...step,
      text,
      ...(kinds.length === 0 ? { kind: 'other' as const, kindConfidenceRatio: 0 } : {}),
      evidence: index === 0 ? (['turn-start'] as const) : [],
    })),
  }));
  return { ...trace, threads };
}

async function* only(one: SessionTrace): AsyncGenerator<SessionTrace> {
  await Promise.resolve();
  yield one;
}

const run = (text: string, by: typeof needs | undefined, kinds: readonly StepKind[] = []): Promise<ReplayReport> =>
  replay(only(session(text, kinds)), { catalog, pool, policies: dialPolicies(policy), needs: by });

interface Read {
  readonly kind: StepKind;
  readonly difficulty: number;
  readonly stakes: number;
  readonly cheapSuccess: number;
}

async function readsOf(text: string, kinds: readonly (StepKind | undefined)[] = []): Promise<readonly Read[]> {
  const thread = session(text, kinds).threads[0] ?? expect.fail();
  const table = await predictThread(thread, pool, { predictor: createPriorPredictor(), needs });
  return [...table.values()].map(({ need = expect.fail(), success }) => ({
    kind: likeliestOf(need, 'kind').value,
    difficulty: meanOf(need.difficulty, [1, 2, 3, 4, 5]),
    stakes: meanOf(need.stakes, [1, 2, 3]),
    cheapSuccess: success[1] ?? Number.NaN,
  }));
}

test('the words of a recorded turn are read as at every door, and its steps are as hard as they say', async () => {
  const [easy = expect.fail()] = await readsOf(EASY);
  const [hard = expect.fail()] = await readsOf(HARD);
  expect(easy.difficulty).toBeLessThan(hard.difficulty);
  expect(easy.cheapSuccess).toBeGreaterThan(hard.cheapSuccess);
});

test('a turn has steps of several kinds, and each is read for its own: a closing summary is not as hard as what it sums up', async () => {
  const [work = expect.fail(), , summary = expect.fail()] = await readsOf(HARD, ['code', 'test', 'summarize']);
  expect([work.kind, summary.kind]).toEqual(['code', 'summarize']);
  expect(summary.difficulty).toBeLessThan(work.difficulty);
  expect(summary.cheapSuccess).toBeGreaterThan(work.cheapSuccess);
});

test('the replayed rule gives a grave step to no weaker model than an easy one, and cannot tell them apart where nobody reads', async () => {
  const bills = async (text: string, by: typeof needs | undefined): Promise<readonly number[]> =>
    (await run(text, by)).policies.filter(({ source }) => source === 'pointsman').map((one) => one.costNanoUsd);
  const [easy, hard] = [await bills(EASY, needs), await bills(HARD, needs)];
  expect(easy).toHaveLength(6);
  expect(easy.filter((bill, notch) => bill > (hard[notch] ?? 0))).toEqual([]);
  expect(easy.some((bill, notch) => bill < (hard[notch] ?? 0))).toBe(true);
  expect(await bills(EASY, undefined)).toEqual(await bills(HARD, undefined));
});

test('a session without words is decided by its kinds, reader or not', async () => {
  const [read, unread] = [await run('', needs), await run('', undefined)];
  expect(read.policies).toEqual(unread.policies);
});
