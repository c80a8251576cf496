import type { Ratio } from '../../src/domain/time.ts';

/** Error rates and price of a check, as planned with or as true. */
export interface CheckRates {
  /** P(reject | wrong). */
  readonly sensitivityRatio: Ratio;
  /** P(reject | right). */
  readonly falseAlarmRatio: Ratio;
  readonly costUsd: number;
}

/** What a ladder comes to on one task: expected money, and the chance that a wrong result is what is kept. */
export interface LadderOutcome {
  readonly costUsd: number;
  readonly wrongRatio: Ratio;
}

/**
 * Expected outcome of trying the models of `ladder` in order, each from scratch: a rejected result goes to the next rung,
 * the last is kept unchecked. `rightRatios` and `costsUsd` are per model; errors of checks are independent. Pure.
 */
export function ladderOutcome(
  ladder: readonly number[],
  rightRatios: Float64Array,
  costsUsd: Float64Array,
  check: CheckRates,
): LadderOutcome {
  let costUsd = 0;
  let wrongRatio = 0;
  let reached = 1;
  const last = ladder.length - 1;
  for (let index = 0; index <= last; index += 1) {
    const model = ladder[index] ?? 0;
    const right = rightRatios[model] ?? 0;
    costUsd += reached * (costsUsd[model] ?? 0);
    if (index === last) {
      wrongRatio += reached * (1 - right);
      break;
    }
    costUsd += reached * check.costUsd;
    wrongRatio += reached * (1 - right) * (1 - check.sensitivityRatio);
    reached *= right * check.falseAlarmRatio + (1 - right) * check.sensitivityRatio;
  }
  return { costUsd, wrongRatio };
}

/** All ladders over `modelCount` models with one to `maxRungs` rungs; a model may be tried again. */
export function allLadders(modelCount: number, maxRungs: number): readonly (readonly number[])[] {
  let longest: readonly (readonly number[])[] = [[]];
  const ladders: (readonly number[])[] = [];
  for (let length = 1; length <= maxRungs; length += 1) {
    longest = longest.flatMap((ladder) => Array.from({ length: modelCount }, (_, model) => [...ladder, model]));
    ladders.push(...longest);
  }
  return ladders;
}
