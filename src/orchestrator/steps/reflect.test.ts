import { describe, expect, test } from 'vitest';
import { asId, type DecisionId, type ModelId, type StepId } from '../../domain/ids.ts';
import type { StepKind } from '../../domain/step.ts';
import type { JobStep } from '../model/job-plan.ts';
import { EMPTY_STATE, MAX_REOPENS, latestAttempt, type StepAttempt, type JobState } from '../model/job-state.ts';
import { acceptAsIs, sendBack } from './reflect.ts';

const id = (text: string): StepId => asId<StepId>(text);

function step(name: string, kind: StepKind, ...dependsOn: readonly string[]): JobStep {
  return {
    stepId: id(name),
    kind,
    title: name,
    goal: name,
    inputs: [],
    requiredTools: [],
    size: 'medium',
    dependsOn: dependsOn.map(id),
    check: 'none',
  };
}

const accepted: StepAttempt = {
  attempt: 0,
  decisionId: asId<DecisionId>('d'),
  model: asId<ModelId>('m'),
  mode: 'continue',
  status: 'accepted',
  rejectedBy: undefined,
  errorCode: undefined,
  feedback: undefined,
  summary: 's',
};

const steps = [
  step('first', 'code'),
  step('second', 'code', 'first'),
  step('judge', 'review', 'second'),
  step('other', 'review', 'first'),
];

function state(overrides: Partial<JobState> = {}): JobState {
  return {
    ...EMPTY_STATE,
    steps,
    attempts: Object.fromEntries(steps.map((one) => [one.stepId, [accepted]])),
    objections: [{ by: id('judge'), check: 'review', feedback: 'It is wrong.' }],
    ...overrides,
  };
}

describe('an objection', () => {
  test('of a review says which model judged; of tests no model did', () => {
    const judged = state();
    const attempts = { ...judged.attempts, judge: [{ ...accepted, model: asId<ModelId>('reviewer') }] };
    const second = (next: JobState): StepAttempt | undefined => latestAttempt(next, id('second'));
    expect(second(sendBack({ ...judged, attempts }))?.judgedBy).toBe('reviewer');
    const byTests = [{ by: id('judge'), check: 'tests', feedback: 'Red.' }] as const;
    expect(second(sendBack({ ...judged, attempts, objections: byTests }))).not.toHaveProperty('judgedBy');
  });

  test('sends back the latest change that it builds on, and supersedes what was built on that', () => {
    const next = sendBack(state());
    expect(latestAttempt(next, id('second'))).toMatchObject({
      status: 'rejected',
      rejectedBy: 'review',
      feedback: 'It is wrong.',
    });
    expect(latestAttempt(next, id('judge'))?.status).toBe('superseded');
    expect(latestAttempt(next, id('first'))?.status).toBe('accepted');
    expect(latestAttempt(next, id('other'))?.status).toBe('accepted');
    expect(next).toMatchObject({ objections: [], reopenCount: 1 });
  });

  test('of two steps against one change sends it back once, with both reasons', () => {
    const twice = [
      { by: id('judge'), check: 'review' as const, feedback: 'It is wrong.' },
      { by: id('judge'), check: 'tests' as const, feedback: 'Test 3 is red.' },
    ];
    const next = sendBack(state({ objections: twice }));
    expect(next.reopenCount).toBe(1);
    expect(latestAttempt(next, id('second'))?.feedback).toBe('It is wrong.\n\nTest 3 is red.');
  });

  test('becomes an open question when the change was sent back often enough, or there is none', () => {
    expect(sendBack(state({ reopenCount: MAX_REOPENS })).openQuestions).toEqual(['It is wrong.']);
    const alone = state({ steps: [step('judge', 'review')], attempts: { judge: [accepted] } });
    expect(sendBack(alone).openQuestions).toEqual(['It is wrong.']);
  });
});

test('a change without another model stands after all, and so does what was built on it', () => {
  const stands = acceptAsIs(sendBack(state()), id('second'));
  expect(['second', 'judge'].map((name) => latestAttempt(stands, id(name))?.status)).toEqual(['accepted', 'accepted']);
  expect(stands.openQuestions).toEqual(['It is wrong.']);
});
