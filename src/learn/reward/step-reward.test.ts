import { describe, expect, test } from 'vitest';
import { asId, type CallId, type DecisionId, type ModelId, type StepId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import { TEST_NOW } from '../../testing/decision-builders.ts';
import { aCallRecord, aDecision, aStepRecord } from '../../testing/record-builders.ts';
import { tenantWeights, toStepsWithFacts, type RewardRecords, type StepWithFacts } from './step-reward.ts';

const aStep = (id: string, more: Partial<StepRecord> = {}): StepRecord =>
  aStepRecord({ stepId: asId<StepId>(id), decision: aDecision({ decisionId: asId<DecisionId>(`d-${id}`) }), ...more });
const said = (id: string, more: Partial<OutcomeRecord> = {}): OutcomeRecord => ({
  v: 1,
  decisionId: asId<DecisionId>(`d-${id}`),
  at: TEST_NOW + 1000,
  verdict: 'good_fit',
  reward: undefined,
  truth: undefined,
  note: undefined,
  principal: 'user',
  ...more,
});
const facts = (records: Partial<RewardRecords>) =>
  toStepsWithFacts({ steps: [], calls: [], outcomes: [], now: TEST_NOW + 2 * DAY_MS, ...records })[0]?.facts;

describe('what came of a step', () => {
  test('a report counts before checks; of neither nothing is known', () => {
    const accepted = { status: 'accepted', checks: [], summary: '', errorCode: undefined } as const;
    expect(facts({ steps: [aStep('a', { outcome: accepted })] })?.green).toBe(1);
    expect(
      facts({ steps: [aStep('a', { outcome: accepted })], outcomes: [said('a', { verdict: 'failed' })] })?.green,
    ).toBe(0);
    expect(facts({ steps: [aStep('a')] })?.green).toBeUndefined();
  });

  test('bills of all tries are summed; a bill that nobody knows is not 0', () => {
    const calls = [1, 2].map((at) =>
      aCallRecord({ callId: asId<CallId>(`c${at}`), stepId: asId<StepId>('a'), billNanoUsd: toNanoUsd(at * 1e9) }),
    );
    expect(facts({ steps: [aStep('a')], calls })?.usd).toBe(3);
    expect(
      facts({
        steps: [aStep('a')],
        calls: [...calls, aCallRecord({ stepId: asId<StepId>('a'), billNanoUsd: undefined })],
      })?.usd,
    ).toBeUndefined();
    expect(facts({ steps: [aStep('a')] })?.usd).toBeUndefined();
  });

  test('an override within a day is one, later is none, and before the day is over it is not known', () => {
    const named = (at: number): StepRecord => {
      const step = aStep('b', { startedAt: at });
      return { ...step, input: { ...step.input, override: asId<ModelId>('claude-test') } };
    };
    expect(facts({ steps: [aStep('a'), named(TEST_NOW + 1000)] })?.override).toBe(1);
    expect(facts({ steps: [aStep('a'), named(TEST_NOW + DAY_MS + 1000)] })?.override).toBe(0);
    expect(facts({ steps: [aStep('a')], outcomes: [said('a', { verdict: 'underpowered' })] })?.override).toBe(1);
    // Else of the latest steps only those that were overruled would count.
    for (const steps of [[aStep('a')], [aStep('a'), named(TEST_NOW + 1000)]])
      expect(facts({ steps, now: TEST_NOW + 2000 })?.override).toBeUndefined();
  });

  test('the latest figure of each who reports counts; figures that are none, or mad, count for nobody', () => {
    const steps = [aStep('a')];
    const reported = [
      said('a', { reward: 1 }),
      said('a', { reward: 3, at: TEST_NOW + 2000 }),
      said('a', { reward: 5, principal: 'other' }),
    ];
    expect(facts({ steps, outcomes: reported })?.reward).toBe(4);
    for (const reward of [1e300, Number.POSITIVE_INFINITY, Number.NaN])
      expect(facts({ steps, outcomes: [said('a', { reward })] })?.reward).toBeUndefined();
  });

  test('a step that somebody named a model for is no choice of a policy', () => {
    const step = aStep('a');
    expect(
      facts({ steps: [{ ...step, input: { ...step.input, override: asId<ModelId>('claude-test') } }] }),
    ).toBeUndefined();
  });

  test('the first try is what is judged, by how its step ended', () => {
    const rejected = { status: 'rejected', checks: [], summary: '', errorCode: undefined } as const;
    const first = aStep('a', { outcome: rejected });
    const second = aStep('a', {
      attempt: 1,
      decision: aDecision({ decisionId: asId<DecisionId>('d-a2') }),
      outcome: { ...rejected, status: 'accepted' },
    });
    const rows = toStepsWithFacts({ steps: [first, second], calls: [], outcomes: [], now: TEST_NOW });
    expect(rows.map(({ step, facts: own }) => [step.decision.decisionId, own.green, own.tries])).toEqual([
      ['d-a', 1, 2],
    ]);
  });
});

describe('in a crowd of tenants', () => {
  const rowsOf = (counts: readonly number[]): readonly StepWithFacts[] =>
    toStepsWithFacts({
      steps: counts.flatMap((count, tenant) =>
        Array.from({ length: count }, (_, at) => aStep(`${tenant}-${at}`, { tenant: `t${tenant}` })),
      ),
      calls: [],
      outcomes: [],
      now: TEST_NOW,
    });

  test('nobody weighs more than a fifth of the steps, however many are theirs', () => {
    const rows = rowsOf([80, 5, 5, 5, 5]);
    const weightOf = tenantWeights(rows);
    const own = (tenant: string): number =>
      rows.filter(({ step }) => step.tenant === tenant).reduce((sum, { step }) => sum + weightOf(step), 0);
    expect(own('t0')).toBeCloseTo(20, 9);
    expect(own('t1')).toBe(5);
  });

  test('few tenants are no crowd', () => {
    const rows = rowsOf([80, 5]);
    const weightOf = tenantWeights(rows);
    expect(rows.every(({ step }) => weightOf(step) === 1)).toBe(true);
  });
});
