/** What one option comes to on one task: money, and the chance that what is kept is wrong. */
export interface OptionOutcome {
  readonly costUsd: number;
  readonly wrongRatio: number;
}

/**
 * How many tasks of a group count as much as the prior from all groups. 25: with five groups of sixteen tasks (MCP services)
 * the prior leads, with two of three hundred (repository issues, failing tests) the group does.
 */
const PRIOR_TASKS = 25;

/** Bills of every option, per group and over all, from training tasks; chooses for any price of failure. */
export interface GroupTable {
  readonly overall: readonly OptionOutcome[];
  readonly groups: ReadonlyMap<string, { readonly outcomes: readonly OptionOutcome[]; readonly taskCount: number }>;
}

/** Averages `outcomeOf(task, option)` over the training tasks, per group. */
export function toGroupTable(
  trainTasks: readonly number[],
  groupOf: (task: number) => string,
  optionCount: number,
  outcomeOf: (task: number, option: number) => OptionOutcome,
): GroupTable {
  const members = new Map<string, number[]>();
  for (const task of trainTasks) {
    const group = groupOf(task);
    const list = members.get(group) ?? [];
    list.push(task);
    members.set(group, list);
  }
  const mean = (tasks: readonly number[]): readonly OptionOutcome[] =>
    Array.from({ length: optionCount }, (_, option) => {
      let costUsd = 0;
      let wrongRatio = 0;
      for (const task of tasks) {
        const outcome = outcomeOf(task, option);
        costUsd += outcome.costUsd / tasks.length;
        wrongRatio += outcome.wrongRatio / tasks.length;
      }
      return { costUsd, wrongRatio };
    });
  const groups = new Map(
    [...members].map(([group, tasks]) => [group, { outcomes: mean(tasks), taskCount: tasks.length }] as const),
  );
  return { overall: mean(trainTasks), groups };
}

/**
 * The option with the lowest expected bill at a price of failure, for one group: the group's own mean, shrunk towards the
 * mean over all groups as far as its size demands. A group nobody has seen gets the overall choice.
 */
export function chooseOption(table: GroupTable, group: string | undefined, gammaUsd: number): number {
  const own = group === undefined ? undefined : table.groups.get(group);
  const trust = own === undefined ? 0 : own.taskCount / (own.taskCount + PRIOR_TASKS);
  let best = 0;
  let bestBill = Number.POSITIVE_INFINITY;
  for (const [option, overall] of table.overall.entries()) {
    const here = own?.outcomes[option] ?? overall;
    const bill = trust * billOf(here, gammaUsd) + (1 - trust) * billOf(overall, gammaUsd);
    if (bill < bestBill) {
      best = option;
      bestBill = bill;
    }
  }
  return best;
}

function billOf(outcome: OptionOutcome, gammaUsd: number): number {
  return outcome.costUsd + gammaUsd * outcome.wrongRatio;
}
