import { describe, expect, test } from 'vitest';
import { asId, type DecisionId } from '../../domain/ids.ts';
import type { OutcomeRecord, StepOutcome, StepRecord } from '../../recorder/record.ts';
import { aDecision, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { toOwnOutcomes } from './own-outcomes.ts';

const id = (text: string): DecisionId => asId<DecisionId>(text);
function step(name: string, status: StepOutcome['status'] | undefined): StepRecord {
  const outcome = status === undefined ? undefined : { status, checks: [], summary: '', errorCode: undefined };
  return aStepRecord({ decision: aDecision({ decisionId: id(name) }), outcome });
}
const report = (name: string, part: Partial<OutcomeRecord>): OutcomeRecord =>
  anOutcomeRecord({ decisionId: id(name), truth: undefined, ...part });
const scores = (steps: readonly StepRecord[], outcomes: readonly OutcomeRecord[] = []): readonly number[] =>
  toOwnOutcomes(steps, outcomes).rows.flatMap((row) => Object.values(row.outcomes).map(({ score }) => score));

describe('own records as outcome rows', () => {
  test('checks decide where nobody reported; a failed provider and a cancelled step say nothing', () => {
    const steps = [step('a', 'accepted'), step('b', 'rejected'), step('c', 'failed'), step('d', 'cancelled')];
    expect(scores(steps)).toEqual([1, 0]);
  });

  test('a later report counts before the checks, and the last word of each principal', () => {
    const steps = [step('a', 'accepted')];
    const early = report('a', { verdict: 'good_fit', at: 1, principal: 'p' });
    const late = report('a', { verdict: 'failed', at: 2, principal: 'p' });
    expect(scores(steps, [late, early])).toEqual([0]);
    expect(scores(steps, [late, early, report('a', { verdict: 'good_fit', at: 3, principal: 'q' })])).toEqual([0.5]);
    expect(toOwnOutcomes(steps, [late])).toMatchObject({ reportedCount: 1, correctedCount: 1 });
  });

  test('truth judges the checks: an acceptance that was wrong is a failure, a refusal that was wrong a success', () => {
    const truth = 'wrong' as const;
    expect(scores([step('a', 'accepted')], [report('a', { truth, verdict: 'good_fit' })])).toEqual([0]);
    expect(scores([step('a', 'rejected')], [report('a', { truth, verdict: 'failed' })])).toEqual([1]);
  });

  test('advice that was never run here counts by its report alone', () => {
    expect(scores([step('a', undefined)])).toEqual([]);
    expect(scores([step('a', undefined)], [report('a', { verdict: 'underpowered' })])).toEqual([0]);
    expect(scores([step('a', undefined)], [report('a', { verdict: 'overprovisioned' })])).toEqual([1]);
  });

  test('a decision that is written twice is one row', () => {
    expect(scores([step('a', undefined), step('a', 'accepted')])).toEqual([1]);
  });
});
