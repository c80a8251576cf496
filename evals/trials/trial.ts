import { GAMMAS_USD, type PolicyRun } from '../../src/learn/training/metrics-bill.ts';
import { toMatrix, type OutcomeMatrix } from '../../src/learn/training/outcome-matrix.ts';
import type { OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { splitKey } from '../data/outcome-sets.ts';
import { fillByKind } from './fill-by-kind.ts';

/** One split: what may be learned from, what is decided, and a matrix without gaps (filled from training rows only). */
export interface Trial {
  readonly matrix: OutcomeMatrix;
  readonly train: readonly number[];
  readonly test: readonly number[];
  readonly kindOf: (task: number) => string;
  /** Coarse group known beforehand: repository or service. */
  readonly domainOf: (task: number) => string;
  /** Embedding of the task's text, where the suite made one. */
  readonly vectorOf: (task: number) => Float32Array | undefined;
}

/** Learns on a trial; then says, for a test task and a γ, the expected cost and chance of a wrong result. */
export type Policy = (
  trial: Trial,
) => (task: number, gammaUsd: number) => { readonly costUsd: number; readonly wrongRatio: number };

export type Splitter = (
  rows: readonly OutcomeRow[],
) => readonly { readonly train: readonly number[]; readonly test: readonly number[] }[];

export const fiveFolds: Splitter = (rows) =>
  Array.from({ length: 5 }, (_, fold) => split(rows, (row) => foldOf(splitKey(row), 5) === fold));
export const trainToDev: Splitter = (rows) => [split(rows, (row) => row.split === 'dev')];
/** Each repository is decided by what was learned from the others. */
export const leaveOneDomainOut: Splitter = (rows) =>
  [...new Set(rows.map((row) => row.domain))].map((domain) => split(rows, (row) => row.domain === domain));

function split(rows: readonly OutcomeRow[], isTest: (row: OutcomeRow) => boolean): { train: number[]; test: number[] } {
  const train: number[] = [];
  const test: number[] = [];
  for (const [index, row] of rows.entries()) (isTest(row) ? test : train).push(index);
  return { train, test };
}

/** Runs policies over every split; each test task is decided once, by what the other rows taught. */
export function runPolicies<Name extends string>(
  rows: readonly OutcomeRow[],
  pool: readonly string[],
  policies: Readonly<Record<Name, Policy>>,
  options: { readonly splitter?: Splitter; readonly vectors?: readonly Float32Array[] } = {},
): Readonly<Record<Name, PolicyRun>> {
  const base = toMatrix(rows, pool);
  const splits = (options.splitter ?? fiveFolds)(rows);
  const taskCount = splits.reduce((sum, { test }) => sum + test.length, 0);
  const names = Object.keys(policies) as Name[];
  const runs = Object.fromEntries(
    names.map((name) => [name, { bills: GAMMAS_USD.map(() => new Float64Array(taskCount)) }]),
  ) as Record<Name, { bills: Float64Array[] }>;
  let offset = 0;
  for (const { train, test } of splits) {
    const kindOf = (task: number): string => rows[task]?.source ?? '';
    const trial: Trial = {
      matrix: fillByKind(base, train, kindOf),
      train,
      test,
      kindOf,
      domainOf: (task) => rows[task]?.domain ?? '',
      vectorOf: (task) => options.vectors?.[task],
    };
    for (const name of names) {
      const outcomeOf = policies[name](trial);
      for (const [position, task] of test.entries()) {
        for (const [gamma, gammaUsd] of GAMMAS_USD.entries()) {
          const { costUsd, wrongRatio } = outcomeOf(task, gammaUsd);
          const bills = runs[name].bills[gamma];
          if (bills !== undefined) bills[offset + position] = costUsd + gammaUsd * wrongRatio;
        }
      }
    }
    offset += test.length;
  }
  return runs;
}
