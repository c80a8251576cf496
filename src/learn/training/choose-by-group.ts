import { logit, sigmoid } from '../../predict/success/item-response.ts';
import { mean } from '../../stats/mean.ts';

/** What one option comes to on one task: money, and the chance that what is kept is wrong. */
export interface OptionOutcome {
  readonly costUsd: number;
  readonly wrongRatio: number;
}

/**
 * How many tasks of a group count as much as what the other groups say. With five groups of sixteen tasks (MCP services) the
 * prior has a good third of the say, with two of three hundred (repository issues, failing tests) next to none.
 */
const PRIOR_TASKS = 10;
/** Costs of a task type differ more between models than they scatter: the prior is worth less there. */
const PRIOR_COST_TASKS = 3;
/** A prior is over groups, not over tasks: one large group says no more than this many tasks would. */
const MOST_TASKS = 150;

/** Means of every option over all training tasks, and per group, partly pooled with the other groups. */
export interface GroupTable {
  readonly overall: readonly OptionOutcome[];
  readonly groups: ReadonlyMap<string, readonly OptionOutcome[]>;
}

/**
 * Averages `outcomeOf(task, option)` over the training tasks, per group, and shrinks each group's means towards a prior: the
 * group's own level of difficulty and cost (mean logit and mean logarithm over the options), shifted by how far the option
 * lies above or below the level in the other groups. So an option that is good elsewhere is taken for good in a small
 * group, without one large group's prices or difficulty passing for those of a small one.
 */
export function toGroupTable(
  trainTasks: readonly number[],
  groupOf: (task: number) => string,
  optionCount: number,
  outcomeOf: (task: number, option: number) => OptionOutcome,
): GroupTable {
  const average = (tasks: readonly number[]): readonly OptionOutcome[] =>
    Array.from({ length: optionCount }, (_, option) => meanOutcome(tasks, (task) => outcomeOf(task, option)));
  const members = [...Map.groupBy(trainTasks, groupOf)];
  const groups = members.map(([, tasks]) => toGroup(tasks.length, average(tasks)));
  const pooled = groups.map((group) => (groups.length < 2 ? group.outcomes : pool(group, groups)));
  return {
    overall: average(trainTasks),
    groups: new Map(members.map(([name], index) => [name, pooled[index] ?? []])),
  };
}

/** The option with the lowest expected bill at a price of failure. A group nobody has seen gets the overall choice. */
export function chooseOption(table: GroupTable, group: string | undefined, gammaUsd: number): number {
  const outcomes = (group === undefined ? undefined : table.groups.get(group)) ?? table.overall;
  let best = 0;
  for (const [option, outcome] of outcomes.entries()) {
    if (billOf(outcome, gammaUsd) < billOf(outcomes[best] ?? outcome, gammaUsd)) best = option;
  }
  return best;
}

/** One group, and how far each option lies from the group's level: logit of P(wrong), logarithm of the cost. */
interface Group {
  readonly taskCount: number;
  readonly outcomes: readonly OptionOutcome[];
  readonly level: Position;
  readonly shifts: readonly Position[];
}

interface Position {
  readonly wrongLogit: number;
  readonly costLog: number;
}

function toGroup(taskCount: number, outcomes: readonly OptionOutcome[]): Group {
  const positions = outcomes.map(({ costUsd, wrongRatio }): Position => ({
    // Half a task each way keeps what was never or always wrong finite.
    wrongLogit: logit((wrongRatio * taskCount + 0.5) / (taskCount + 1)),
    costLog: Math.log(costUsd + 1e-4),
  }));
  const level = {
    wrongLogit: mean(positions.map(({ wrongLogit }) => wrongLogit)),
    costLog: mean(positions.map(({ costLog }) => costLog)),
  };
  const shifts = positions.map(({ wrongLogit, costLog }) => ({
    wrongLogit: wrongLogit - level.wrongLogit,
    costLog: costLog - level.costLog,
  }));
  return { taskCount, outcomes, level, shifts };
}

function pool(own: Group, groups: readonly Group[]): readonly OptionOutcome[] {
  const others = groups.filter((group) => group !== own);
  const weights = others.map(({ taskCount }) => Math.min(taskCount, MOST_TASKS));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const trust = own.taskCount / (own.taskCount + PRIOR_TASKS);
  const costTrust = own.taskCount / (own.taskCount + PRIOR_COST_TASKS);
  return own.outcomes.map(({ costUsd, wrongRatio }, option) => {
    let { wrongLogit, costLog } = own.level;
    for (const [index, { shifts }] of others.entries()) {
      const share = (weights[index] ?? 0) / total;
      wrongLogit += share * (shifts[option]?.wrongLogit ?? 0);
      costLog += share * (shifts[option]?.costLog ?? 0);
    }
    return {
      costUsd: costTrust * costUsd + (1 - costTrust) * Math.exp(costLog),
      wrongRatio: trust * wrongRatio + (1 - trust) * sigmoid(wrongLogit),
    };
  });
}

function meanOutcome(tasks: readonly number[], outcomeOf: (task: number) => OptionOutcome): OptionOutcome {
  let [costUsd, wrongRatio] = [0, 0];
  for (const task of tasks) {
    const outcome = outcomeOf(task);
    costUsd += outcome.costUsd / tasks.length;
    wrongRatio += outcome.wrongRatio / tasks.length;
  }
  return { costUsd, wrongRatio };
}

function billOf(outcome: OptionOutcome, gammaUsd: number): number {
  return outcome.costUsd + gammaUsd * outcome.wrongRatio;
}
