import { describe, expect, test } from 'vitest';
import type { StepKind } from '../../domain/step.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { aTrace } from '../../testing/internal/workload-builders.ts';
import { fitForecast } from './fit-forecast.ts';

/** Steps of these sizes in turn; each call adds 300 tokens beside its answer of 100. */
function session(steps: readonly (readonly [StepKind, number])[]): SessionTrace {
  const starts = steps.flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, call) => (call === 0 ? { kind } : {})),
  );
  return aTrace(
    starts.map((start, index) => ({
      model: 'claude-opus-5-5',
      prompt: 5000 + 400 * index,
      read: index === 0 ? 0 : 5000 + 400 * (index - 1),
      output: 100,
      ...start,
    })),
  );
}

describe('sizes of steps', () => {
  test('are means, because bills add up: one long step among many short ones counts', () => {
    const steps = Array.from({ length: 60 }, (_, index): readonly [StepKind, number] =>
      index % 2 === 1 ? ['explore', 2] : ['code', index % 6 === 0 ? 10 : 1],
    );
    const { callCount } = fitForecast([session(steps)]);
    // Thirty steps of 4 on average, drawn a little to the mean of all kinds, 3.
    expect(callCount.code).toBeCloseTo((30 * 4 + 5 * 3) / 35, 3);
    expect(callCount.explore).toBeCloseTo((30 * 2 + 5 * 3) / 35, 3);
    expect(callCount.plan).toBe(3);
  });

  test('a kind seen once is taken to be much like the others', () => {
    const steps = Array.from({ length: 40 }, (_, index): readonly [StepKind, number] => [
      index % 2 === 0 ? 'code' : 'explore',
      3,
    ]);
    const { callCount } = fitForecast([session([...steps, ['review', 40]])]);
    expect(callCount.review).toBeLessThan(12);
  });

  test('what a call adds is told by the tokens of its prompt, its answer left out', () => {
    const { newTokensPerCall, outputTokensPerCall } = fitForecast([session([['code', 12]])]);
    expect(newTokensPerCall.code).toBe(300);
    expect(outputTokensPerCall.code).toBe(100);
  });

  test('nothing recorded gives tables without kinds, and both guesses the same weight', () => {
    expect(fitForecast([])).toMatchObject({ transitions: {}, callCount: {}, sameRatio: 0.5, sessionCount: 0 });
  });
});
