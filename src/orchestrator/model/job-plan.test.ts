import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asId, type StepId } from '../../domain/ids.ts';
import type { StepKind } from '../../domain/step.ts';
import type { PlannedStepResult } from './contracts.ts';
import { inOrder, nextWave, readPlan, withDependents, type JobStep } from './job-plan.ts';

const known = { kinds: new Set<StepKind>(['plan', 'code', 'review', 'test', 'summarize']), tools: ['files__read'] };

function row(id: string, overrides: Partial<PlannedStepResult> = {}): PlannedStepResult {
  return {
    id,
    kind: 'code',
    title: id,
    goal: `do ${id}`,
    inputs: [],
    requiredTools: [],
    size: 'medium',
    dependsOn: [],
    check: 'none',
    ...overrides,
  };
}

function steps(rows: readonly PlannedStepResult[]): readonly JobStep[] {
  const reading = readPlan(rows, known);
  if (reading.kind === 'broken') throw new Error(reading.why);
  return reading.steps;
}

describe('readPlan', () => {
  test('holds the last change against the tests where the planner asked for no check', () => {
    expect(steps([row('a'), row('b'), row('c', { kind: 'review' })]).map((step) => step.check)).toEqual([
      'none',
      'tests',
      'none',
    ]);
  });

  test('keeps the checks that the planner asked for', () => {
    expect(steps([row('a', { check: 'tests' }), row('b')]).map((step) => step.check)).toEqual(['tests', 'none']);
  });

  test('drops a planned summary and what depends on it still runs', () => {
    const planned = steps([
      row('a'),
      row('s', { kind: 'summarize', dependsOn: ['a'] }),
      row('b', { dependsOn: ['s'] }),
    ]);
    expect(planned.map((step) => [step.stepId, step.dependsOn])).toEqual([
      ['a', []],
      ['b', []],
    ]);
  });

  test('an empty plan is a plan: the task was a question', () => {
    expect(readPlan([], known)).toEqual({ kind: 'kept', steps: [] });
  });

  test.each([
    ['two steps of one id', [row('a'), row('a')], /used twice/u],
    ['a reserved id', [row('plan')], /reserved/u],
    ['a dependency that is no step', [row('a', { dependsOn: ['z'] })], /"z", which is no step/u],
    ['a circle', [row('a', { dependsOn: ['b'] }), row('b', { dependsOn: ['a'] })], /depends on itself/u],
    ['a step that waits for itself', [row('a', { dependsOn: ['a'] })], /depends on itself/u],
    ['a kind without an agent', [row('a', { kind: 'explore' })], /no agent/u],
    ['a second plan', [row('a', { kind: 'plan' })], /no agent/u],
    ['a tool that there is not', [row('a', { requiredTools: ['fly'] })], /no tool "fly"; the tools are files__read/u],
    [
      'a tool whose name is near another',
      [row('a', { requiredTools: ['files_read'] })],
      /Did you mean "files__read"\?/u,
    ],
  ])('says what is wrong with %s', (_what, rows, why) => {
    const reading = readPlan(rows, known);
    expect(reading.kind === 'broken' ? reading.why : 'kept').toMatch(why);
  });
});

const arbitraryPlan = fc
  .array(fc.record({ needs: fc.array(fc.nat(7), { maxLength: 3 }), writes: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((rows) =>
    rows.map(({ needs, writes }, index) =>
      row(`s${index}`, {
        kind: writes ? 'code' : 'review',
        dependsOn: [...new Set(needs.filter((need) => need < index))].map((need) => `s${need}`),
      }),
    ),
  );

describe('waves', () => {
  test('run every step once, never before what it needs, and never two that write side by side', () => {
    fc.assert(
      fc.property(arbitraryPlan, (rows) => {
        const plan = steps(rows);
        const done = new Set<StepId>();
        for (let round = 0; done.size < plan.length; round += 1) {
          const wave = nextWave(
            plan,
            (id) => done.has(id),
            (step) => step.kind === 'code',
          );
          expect(wave.length).toBeGreaterThan(0);
          expect(wave.filter((step) => step.kind === 'code').length).toBeLessThanOrEqual(1);
          for (const step of wave) {
            expect(done.has(step.stepId)).toBe(false);
            expect(step.dependsOn.every((id) => done.has(id))).toBe(true);
          }
          for (const step of wave) done.add(step.stepId);
          expect(round).toBeLessThan(plan.length);
        }
      }),
    );
  });

  test('two reviews of one change run side by side, also while another change is made', () => {
    const plan = steps([
      row('a'),
      row('r1', { kind: 'review', dependsOn: ['a'] }),
      row('r2', { kind: 'review', dependsOn: ['a'] }),
      row('b', { dependsOn: ['a'] }),
    ]);
    const wave = nextWave(
      plan,
      (id) => id === 'a',
      (step) => step.kind === 'code',
    );
    expect(wave.map((step) => step.stepId)).toEqual(['r1', 'r2', 'b']);
  });
});

test('in order, every step stands after what it needs and none is lost', () => {
  fc.assert(
    fc.property(arbitraryPlan, (rows) => {
      const ordered = inOrder([...steps(rows)].reverse());
      expect(ordered).toHaveLength(rows.length);
      ordered.forEach((step, at) => {
        for (const id of step.dependsOn) expect(ordered.findIndex((other) => other.stepId === id)).toBeLessThan(at);
      });
    }),
  );
});

test('what depends on a step, however far, is found', () => {
  const plan = steps([row('a'), row('b', { dependsOn: ['a'] }), row('c', { dependsOn: ['b'] }), row('d')]);
  expect([...withDependents(plan, asId<StepId>('a'))]).toEqual(['a', 'b', 'c']);
});
