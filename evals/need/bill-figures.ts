import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import { pieceRatioOf } from '../../src/predict/step-sizes.ts';
import { balancedPolicy, declaredStep, routeSteps, type ReadStep, type RoutedStep } from './route-stream.ts';

/** The frozen judge: how likely each model is right at each difficulty, and what a failure costs. Nothing is fitted on it. */
export interface NeedJudge {
  readonly callsBySize: Readonly<Record<string, number>>;
  readonly stakesFactor: Readonly<Record<string, number>>;
  readonly failureUsd: Readonly<Record<string, number>>;
  readonly models: Readonly<Record<string, { readonly success: readonly number[] }>>;
}

const judgeSchema: z.ZodType<NeedJudge> = z.object({
  callsBySize: z.record(z.string(), z.number()),
  stakesFactor: z.record(z.string(), z.number()),
  failureUsd: z.record(z.string(), z.number()),
  models: z.record(z.string(), z.object({ success: z.array(z.number()).length(5) })),
});

export function readJudge(file: string): NeedJudge {
  return judgeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Prices of failure as the policy states them: those that the judge charges. */
const AS_STATED: readonly number[] = Array.from({ length: 11 }, () => 1);

/** The default policy at the prices that the judge charges. */
export function statedPolicy(): RouterPolicy {
  return { ...balancedPolicy(), dialFactors: AS_STATED };
}

/**
 * Bill and failures over the stream by the judge: of what the product chose from what it read, as a share of the gap between the
 * best fixed model and the best choice for each step whose labels are known. `gap_closed` is decided at the prices that the judge
 * charges; `default.gap_closed` with the dial as the default policy has it on the pool.
 */
export async function billFigures(
  pool: string,
  models: readonly string[],
  { steps, judge }: { readonly steps: readonly ReadStep[]; readonly judge: NeedJudge },
): Promise<Figures> {
  const gap = await openGap(steps, models, judge);
  const closedPct = async (policy: RouterPolicy): Promise<number> =>
    gap.closedPct(await routeSteps(steps, models, policy));
  const figure = (value: number): Figure => ({ value, unit: '%', n: steps.length, label: 'modelled' });
  return {
    [`need.bill.${pool}.gap_closed.pct`]: { ...figure(await closedPct(statedPolicy())), against: 45 },
    [`need.bill.${pool}.default.gap_closed.pct`]: figure(await closedPct(balancedPolicy())),
    [`need.bill.${pool}.gap.pct`]: figure(gap.pct),
  };
}

/** What lies between the best fixed model and knowing the labels of every step. */
interface BillGap {
  /** Of the best fixed model's bill. */
  readonly pct: number;
  /** How much of it choices for the same steps, in their order, close. */
  closedPct(routed: readonly RoutedStep<unknown>[]): number;
}

/** The gap over labelled steps among these models, as the judge sees it. */
export async function openGap(
  steps: readonly ReadStep[],
  models: readonly string[],
  judge: NeedJudge,
): Promise<BillGap> {
  const truth = await routeSteps(steps.map(declaredStep), models, statedPolicy());
  const costs = truth.map((one) => judgedCosts(one, judge));
  const total = (costOf: (step: number) => number): number => costs.reduce((sum, _, step) => sum + costOf(step), 0);
  const fixed = Math.min(
    ...models.map((model) => total((step) => costs[step]?.get(model) ?? Number.POSITIVE_INFINITY)),
  );
  const known = total((step) => Math.min(...(costs[step]?.values() ?? [])));
  return {
    pct: (100 * (fixed - known)) / fixed,
    closedPct: (routed) => {
      const ours = total((step) => costs[step]?.get(routed[step]?.model ?? '') ?? Number.POSITIVE_INFINITY);
      return (100 * (fixed - ours)) / (fixed - known);
    },
  };
}

/** USD of a step on each model: its bill at the labelled size, and its failure by the judge times stakes and share of the work. */
export function judgedCosts({ step, rows }: RoutedStep, judge: NeedJudge): ReadonlyMap<string, number> {
  const { kind, stakes, difficulty } = step.labels;
  const share = pieceRatioOf(kind, judge.callsBySize[step.labels.size] ?? 1);
  const failureUsd = (judge.failureUsd[kind] ?? 0) * (judge.stakesFactor[String(stakes)] ?? 1) * share;
  return new Map(
    [...rows].map(([model, row]) => {
      const success = judge.models[model]?.success[difficulty - 1] ?? 0;
      return [model, row.billNanoUsd / 1e9 + failureUsd * (1 - success)];
    }),
  );
}
