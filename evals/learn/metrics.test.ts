import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseOption, toGroupTable } from '../../src/learn/training/choose-by-group.ts';
import { crossFit } from '../../src/learn/training/cross-fit.ts';
import { doNoHarmGate } from '../../src/learn/training/do-no-harm.ts';
import { billRatio, billRatioInterval, GAMMAS_USD } from '../../src/learn/training/metrics-bill.ts';
import { areaUnderCurve, brierScore, calibrationError } from '../../src/learn/training/metrics-probability.ts';
import { predictLinear, RidgeSums } from '../../src/stats/ridge.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { allLadders, ladderOutcome } from './ladder-maths.ts';
import { strongWeakCurve } from './metrics-strong-weak.ts';

const ratio = fc.double({ min: 0, max: 1, noNaN: true });

describe('ladders', () => {
  test('a ladder of one is the model itself', () => {
    const outcome = ladderOutcome([0], Float64Array.of(0.7), Float64Array.of(2), {
      sensitivityRatio: 0.8,
      falseAlarmRatio: 0.2,
      costUsd: 1,
    });
    expect(outcome.costUsd).toBe(2);
    expect(outcome.wrongRatio).toBeCloseTo(0.3, 12);
  });

  test('matches counting every path by hand', () => {
    const check = { sensitivityRatio: 0.9, falseAlarmRatio: 0.1, costUsd: 0.02 };
    const outcome = ladderOutcome([0, 1], Float64Array.of(0.6, 1), Float64Array.of(1, 5), check);
    const rejected = 0.6 * 0.1 + 0.4 * 0.9;
    expect(outcome.costUsd).toBeCloseTo(1 + 0.02 + rejected * 5, 12);
    expect(outcome.wrongRatio).toBeCloseTo(0.4 * 0.1, 12);
  });

  test('a better check never leaves more wrong results', () => {
    fc.assert(
      fc.property(ratio, ratio, ratio, (first, second, sensitivity) => {
        const run = (sensitivityRatio: number): number =>
          ladderOutcome([0, 1], Float64Array.of(first, second), Float64Array.of(1, 1), {
            sensitivityRatio,
            falseAlarmRatio: 0,
            costUsd: 0,
          }).wrongRatio;
        expect(run(Math.min(1, sensitivity + 0.1))).toBeLessThanOrEqual(run(sensitivity) + 1e-12);
      }),
    );
  });

  test('all of them: 6 + 36 + 216', () => {
    expect(allLadders(6, 3).length).toBe(258);
  });
});

describe('bills', () => {
  const bills = (value: number, count = 50): { bills: Float64Array[] } => ({
    bills: GAMMAS_USD.map(() => Float64Array.from({ length: count }, (_, task) => value * (1 + (task % 5)))),
  });

  test('R of a policy against itself is 1, of half the bill 0.5, and the same seed gives the same interval', () => {
    expect(billRatio(bills(1), bills(1))).toBe(1);
    const interval = billRatioInterval(bills(1), bills(2), 50, 9);
    expect(interval.value).toBeCloseTo(0.5, 12);
    expect(billRatioInterval(bills(1), bills(2), 50, 9)).toEqual(interval);
  });

  test('the gate opens for a sure gain, and not for a tie or a loss', () => {
    expect(doNoHarmGate(bills(0.9), bills(1)).open).toBe(true);
    expect(doNoHarmGate(bills(1), bills(1)).open).toBe(false);
    expect(doNoHarmGate(bills(1.1), bills(1)).open).toBe(false);
  });
});

describe('choice by group', () => {
  // Two options: the first is cheap and fails at hard tasks, the second is dear and never fails.
  const outcomeOf = (task: number, option: number): { costUsd: number; wrongRatio: number } =>
    option === 0 ? { costUsd: 0.1, wrongRatio: task < 200 ? 0.05 : 0.9 } : { costUsd: 1, wrongRatio: 0.01 };
  const tasks = Array.from({ length: 400 }, (_, task) => task);
  const table = toGroupTable(tasks, (task) => (task < 200 ? 'easy' : 'hard'), 2, outcomeOf);

  test('each group gets what its own tasks say', () => {
    expect(chooseOption(table, 'easy', 2)).toBe(0);
    expect(chooseOption(table, 'hard', 2)).toBe(1);
  });

  test('a group nobody has seen gets the overall choice, and money decides when failing is free', () => {
    expect(chooseOption(table, 'new', 30)).toBe(1);
    expect(chooseOption(table, 'hard', 0)).toBe(0);
  });

  test('a group of two tasks leans on what options are worth elsewhere, at its own prices', () => {
    // Large groups: option 1 is better by far. In the small and dear group two tasks happened to say the opposite.
    const small = (task: number): boolean => task >= 400;
    const pooled = toGroupTable(
      [...tasks, 400, 401],
      (task) => (small(task) ? 'small' : `large-${task % 2}`),
      2,
      (task, option) =>
        small(task)
          ? { costUsd: 8, wrongRatio: option === 0 ? 0.5 : 1 }
          : { costUsd: 0.1, wrongRatio: option === 0 ? 0.6 : 0.1 },
    );
    const [first, second] = pooled.groups.get('small') ?? [];
    expect(first?.wrongRatio).toBeGreaterThan(second?.wrongRatio ?? 1);
    expect(first?.costUsd).toBeCloseTo(8, 1);
    expect(second?.costUsd).toBeCloseTo(8, 1);
    // A large group keeps its own say.
    expect(pooled.groups.get('large-0')?.[0]?.wrongRatio).toBeCloseTo(0.6, 1);
  });
});

describe('probabilities', () => {
  test('calibration error is 0 for frequencies that come true, and the gap where they do not', () => {
    const actual = Array.from({ length: 1000 }, (_, index) => (index % 4 === 0 ? 1 : 0));
    expect(
      calibrationError(
        actual.map(() => 0.25),
        actual,
      ),
    ).toBeLessThan(0.02);
    expect(
      calibrationError(
        actual.map(() => 0.75),
        actual,
      ),
    ).toBeCloseTo(0.5, 1);
    expect(brierScore([1, 0], [1, 0])).toBe(0);
  });

  test('area under the curve: 1 in order, 0 reversed, half for ties', () => {
    expect(areaUnderCurve([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1);
    expect(areaUnderCurve([4, 3, 2, 1], [0, 0, 1, 1])).toBe(0);
    expect(areaUnderCurve([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
  });

  test('strong-weak curve: chance is a half, hindsight is above it', () => {
    const random = seededRandom(2);
    const strong = Array.from({ length: 4000 }, () => (random() < 0.8 ? 1 : 0));
    const weak = Array.from({ length: 4000 }, () => (random() < 0.5 ? 1 : 0));
    expect(
      strongWeakCurve(
        strong.map(() => random()),
        strong,
        weak,
      ).apgr,
    ).toBeCloseTo(0.5, 1);
    const hindsight = strongWeakCurve(
      strong.map((score, index) => score - (weak[index] ?? 0)),
      strong,
      weak,
    );
    expect(hindsight.apgr).toBeGreaterThan(0.9);
    expect(hindsight.cpt50).toBeLessThan(hindsight.cpt80);
  });
});

describe('ridge regression', () => {
  test('finds a line, its intercept free; sums of a part can be taken off', () => {
    const random = seededRandom(4);
    const [all, part] = [new RidgeSums(2, 1), new RidgeSums(2, 1)];
    for (let index = 0; index < 500; index += 1) {
      const row = [random(), random()];
      const y = [3 + 2 * (row[0] ?? 0) - (row[1] ?? 0)];
      all.add(row, y);
      if (index < 100) part.add([random(), random()], [random() * 100]);
    }
    const model = RidgeSums.total([all, part]).without(part).solve([1e-9, 1e-9]);
    expect(predictLinear(model, 0, [0.5, 0.25])).toBeCloseTo(3.75, 6);
  });

  test('solved by rows or by columns, it is the same model', () => {
    const random = seededRandom(6);
    const rows = Array.from({ length: 30 }, (_, index) => ({
      vector: Array.from({ length: 31 }, () => random()),
      targets: [random(), random()],
      fold: index % 3,
      copies: 1,
    }));
    const byRows = crossFit(rows, 3, 0.5);
    const sums = new RidgeSums(31, 2);
    for (const row of rows) if (row.fold !== 1) sums.add(row.vector, row.targets);
    const byColumns = sums.solve(new Float64Array(31).fill(0.5));
    for (const row of rows) {
      expect(predictLinear(byRows.models[1] ?? byRows.full, 1, row.vector)).toBeCloseTo(
        predictLinear(byColumns, 1, row.vector),
        9,
      );
    }
  });
});
