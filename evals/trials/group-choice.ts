import { chooseOption, toGroupTable } from '../../src/learn/training/choose-by-group.ts';
import { modelsOf } from '../../src/learn/training/outcome-matrix.ts';
import type { OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';

/** What each way of choosing a model came to, task by task: score and cost in USD (0 where the rows have none). */
export interface GroupChoice {
  readonly taskCount: number;
  /** Model by group, learned on the other folds. */
  readonly byGroup: Choice;
  /** The model that is best over all groups, learned on the other folds. */
  readonly single: Choice;
  /** The best answer that any model gave; inflated by luck where models are many. */
  readonly oracleScore: number;
  readonly models: ReadonlyMap<string, Choice>;
}

export interface Choice {
  readonly scores: Float64Array;
  readonly costsUsd: Float64Array;
}

const FOLDS = 5;

/** Chooses a model per group out of fold, at a price of failure. Only models that ran on every row take part. */
export function chooseByGroup(rows: readonly OutcomeRow[], gammaUsd: number): GroupChoice {
  const models = modelsOf(rows).filter((model) => rows.every((row) => row.outcomes[model] !== undefined));
  const score = (task: number, m: number): number => rows[task]?.outcomes[models[m] ?? '']?.score ?? 0;
  const cost = (task: number, m: number): number => rows[task]?.outcomes[models[m] ?? '']?.costUsd ?? 0;
  const empty = (): Choice => ({ scores: new Float64Array(rows.length), costsUsd: new Float64Array(rows.length) });
  const take = (choice: Choice, task: number, m: number): void => {
    choice.scores[task] = score(task, m);
    choice.costsUsd[task] = cost(task, m);
  };
  const byGroup = empty();
  const single = empty();
  const folds = rows.map((row) => foldOf(row.id, FOLDS, 'one-shot'));
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const train = rows.flatMap((_, task) => (folds[task] === fold ? [] : [task]));
    const groupOf = (task: number): string => rows[task]?.domain ?? '';
    const table = toGroupTable(train, groupOf, models.length, (task, m) => ({
      costUsd: cost(task, m),
      wrongRatio: 1 - score(task, m),
    }));
    for (const [task, row] of rows.entries()) {
      if (folds[task] !== fold) continue;
      take(byGroup, task, chooseOption(table, row.domain, gammaUsd));
      take(single, task, chooseOption(table, undefined, gammaUsd));
    }
  }
  const tops = rows.map((_, task) => Math.max(...models.map((_model, m) => score(task, m))));
  return {
    taskCount: rows.length,
    byGroup,
    single,
    oracleScore: mean(tops),
    models: new Map(
      models.map((model, m) => {
        const choice = empty();
        for (let task = 0; task < rows.length; task += 1) take(choice, task, m);
        return [model, choice] as const;
      }),
    ),
  };
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] ?? 0;
  return sum / values.length;
}
