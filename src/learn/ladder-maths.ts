import type { Ratio } from '../domain/time.ts';

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
 * Expected outcome of trying `rungs` in order, each from scratch: a rejected result goes to the next rung, the last is
 * kept unchecked. `right` and `costUsd` are per rung; errors of checks are independent. Pure.
 */
export function ladderOutcome(
  rungs: readonly { readonly rightRatio: Ratio; readonly costUsd: number }[],
  check: CheckRates,
): LadderOutcome {
  let costUsd = 0;
  let wrongRatio = 0;
  let reached = 1;
  for (const [index, rung] of rungs.entries()) {
    costUsd += reached * rung.costUsd;
    if (index === rungs.length - 1) {
      wrongRatio += reached * (1 - rung.rightRatio);
      break;
    }
    costUsd += reached * check.costUsd;
    wrongRatio += reached * (1 - rung.rightRatio) * (1 - check.sensitivityRatio);
    reached *= rung.rightRatio * check.falseAlarmRatio + (1 - rung.rightRatio) * check.sensitivityRatio;
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
