import { describe, expect, test } from 'vitest';
import { bootstrapInterval } from '../../stats/bootstrap.ts';
import { judgeChoice } from './judge-choice.ts';
import type { OutcomeRow } from './outcome-row.ts';

/** Two kinds of task; `good` says which of two equally dear models is right at a kind. */
function rows(good: (kind: string) => string, costs = true): readonly OutcomeRow[] {
  return Array.from({ length: 200 }, (_, index): OutcomeRow => {
    const source = index % 2 === 0 ? 'code' : 'research';
    const outcome = (model: string): OutcomeRow['outcomes'][string] => ({
      score: model === good(source) ? 1 : 0,
      costUsd: costs ? 0.1 : undefined,
    });
    const base = { split: undefined, taskType: 'code', domain: undefined, prompt: undefined };
    return { ...base, id: `${source}/${index}`, source, outcomes: { a: outcome('a'), b: outcome('b') } };
  });
}

describe('what choosing by kind is worth', () => {
  test('where each kind has its own best model the bill falls, and most where mistakes are dear', () => {
    const curve = judgeChoice(
      rows((kind) => (kind === 'code' ? 'a' : 'b')),
      1,
    );
    expect(curve?.overall.high).toBeLessThan(0.5);
    expect(curve?.byGamma.at(-1)?.ratio.value).toBeLessThan(curve?.byGamma[0]?.ratio.value ?? 0);
    expect(curve).toMatchObject({ modelCount: 2, groupCount: 2 });
  });

  test('where one model is best everywhere nothing is gained and nothing lost', () => {
    expect(
      judgeChoice(
        rows(() => 'a'),
        1,
      )?.overall,
    ).toMatchObject({ value: 1, low: 1, high: 1 });
  });

  test('without costs, or with one kind only, there is nothing to say', () => {
    expect(
      judgeChoice(
        rows(() => 'a', false),
        1,
      ),
    ).toBeUndefined();
    expect(
      judgeChoice(
        rows(() => 'a').map((row) => ({ ...row, source: 'one' })),
        1,
      ),
    ).toBeUndefined();
  });
});

test('an interval holds the figure, is wider over few groups, and is the same each time', () => {
  const values = Array.from({ length: 400 }, (_, index) => index % 2);
  const meanOf = (picked: readonly number[]): number =>
    picked.reduce((sum, row) => sum + (values[row] ?? 0), 0) / picked.length;
  const single = [...values.keys()].map((row) => [row]);
  const blocks = [0, 1, 2, 3].map((block) => [...values.keys()].filter((row) => row % 4 === block));
  const [fine, coarse] = [bootstrapInterval(single, meanOf, 3), bootstrapInterval(blocks, meanOf, 3)];
  expect(fine.low).toBeLessThan(0.5);
  expect(fine.high).toBeGreaterThan(0.5);
  expect(coarse.high - coarse.low).toBeGreaterThan(2 * (fine.high - fine.low));
  expect(bootstrapInterval(single, meanOf, 3)).toEqual(fine);
});
