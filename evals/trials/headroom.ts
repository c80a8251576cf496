import { nonEmptyLines, readRowsText } from '../../src/learn/training/outcome-row.ts';

/** Tasks → systems → whether each of its repeated runs succeeded. */
export type RepeatedRuns = readonly ReadonlyMap<string, readonly boolean[]>[];

/** Reads rows whose outcomes carry `runs` of `{ ok }`. Systems without runs are left out of the task. */
export function loadRepeatedRuns(file: string): RepeatedRuns {
  return nonEmptyLines(readRowsText(file)).map(([line]) => {
    const row = JSON.parse(line) as {
      readonly outcomes: Readonly<Record<string, { readonly runs?: readonly { readonly ok: boolean }[] }>>;
    };
    return new Map(
      Object.entries(row.outcomes).flatMap(([system, { runs = [] }]) =>
        runs.length === 0 ? [] : [[system, runs.map((run) => run.ok)] as const],
      ),
    );
  });
}

/** What choosing a system per task could be worth. */
export interface Headroom {
  readonly taskCount: number;
  /** The one system that is best over all tasks. */
  readonly singleScore: number;
  /** The best system of each task by the very runs it is judged on: holds luck. */
  readonly oracleScore: number;
  /** The best system of each task by its other runs, judged on the one that was held out. */
  readonly noiseAwareScore: number;
}

/** Only systems with at least two runs on every task take part. */
export function headroom(tasks: RepeatedRuns): Headroom {
  const [first = new Map<string, readonly boolean[]>()] = tasks;
  const systems = [...first.keys()].filter((system) => tasks.every((task) => (task.get(system)?.length ?? 0) >= 2));
  const rate = (runs: readonly boolean[]): number => runs.filter(Boolean).length / Math.max(1, runs.length);
  const runsOf = (task: RepeatedRuns[number], system: string): readonly boolean[] => task.get(system) ?? [];
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const noiseAware = tasks.map((task) => {
    const rounds = Math.min(...systems.map((system) => runsOf(task, system).length));
    return mean(
      Array.from({ length: rounds }, (_, held) => {
        const others = systems.map((system) => rate(runsOf(task, system).filter((_run, run) => run !== held)));
        const best = Math.max(...others);
        const chosen = systems.filter((_, index) => others[index] === best);
        return mean(chosen.map((system) => (runsOf(task, system)[held] === true ? 1 : 0)));
      }),
    );
  });
  return {
    taskCount: tasks.length,
    singleScore: Math.max(...systems.map((system) => mean(tasks.map((task) => rate(runsOf(task, system)))))),
    oracleScore: mean(tasks.map((task) => Math.max(...systems.map((system) => rate(runsOf(task, system)))))),
    noiseAwareScore: mean(noiseAware),
  };
}
