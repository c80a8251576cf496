/** What one option comes to on one task: money, and the chance that what is kept is wrong. */
export interface OptionOutcome {
  readonly costUsd: number;
  readonly wrongRatio: number;
}

/**
 * How many tasks of a group count as much as the prior from all groups. With five groups of sixteen tasks (MCP services) the
 * prior has a good third of the say, with two of three hundred (repository issues, failing tests) next to none.
 */
const PRIOR_TASKS = 10;

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
 * The option with the lowest expected bill at a price of failure, for one group: the group's own mean, shrunk as far as its
 * size demands towards the mean over all groups, which is first put on the group's own level of cost and difficulty. A group
 * nobody has seen gets the overall choice.
 */
export function chooseOption(table: GroupTable, group: string | undefined, gammaUsd: number): number {
  const own = group === undefined ? undefined : table.groups.get(group);
  if (own === undefined) return lowest(table.overall, gammaUsd);
  const trust = own.taskCount / (own.taskCount + PRIOR_TASKS);
  const costScale = level(own.outcomes, 'costUsd') / level(table.overall, 'costUsd');
  const wrongScale = level(own.outcomes, 'wrongRatio') / level(table.overall, 'wrongRatio');
  const shrunk = table.overall.map((overall, option) => {
    const here = own.outcomes[option] ?? overall;
    return {
      costUsd: trust * here.costUsd + (1 - trust) * overall.costUsd * costScale,
      wrongRatio: trust * here.wrongRatio + (1 - trust) * overall.wrongRatio * wrongScale,
    };
  });
  return lowest(shrunk, gammaUsd);
}

function lowest(outcomes: readonly OptionOutcome[], gammaUsd: number): number {
  let best = 0;
  for (const [option, outcome] of outcomes.entries()) {
    if (billOf(outcome, gammaUsd) < billOf(outcomes[best] ?? outcome, gammaUsd)) best = option;
  }
  return best;
}

/** Mean over all options: how dear, or how hard, a group is for anybody. */
function level(outcomes: readonly OptionOutcome[], part: keyof OptionOutcome): number {
  return Math.max(1e-9, outcomes.reduce((sum, outcome) => sum + outcome[part], 0) / outcomes.length);
}

function billOf(outcome: OptionOutcome, gammaUsd: number): number {
  return outcome.costUsd + gammaUsd * outcome.wrongRatio;
}
