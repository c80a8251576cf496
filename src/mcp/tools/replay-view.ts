import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import { formatUsd, type NanoUsd } from '../../domain/money.ts';
import type { Verdict } from '../../replay/report/replay-report.ts';

/** What an answer shows of a replay; the report says much more, and `pointsman replay --json` has all of it. */
const reportSchema = z.object({
  verdict: z.object({
    headline: z.string(),
    paid: z.string(),
    simplest: z.string(),
    routing: z.string(),
    more: z.array(z.string()).default([]),
    pays: z.boolean(),
    routableRatio: z.number(),
  }),
  policies: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      costNanoUsd: z.number(),
      totalNanoUsd: z.number(),
      switchCount: z.number(),
      meanSuccessRatio: z.number(),
    }),
  ),
  limits: z.array(z.string()).default([]),
});

interface ReplayRow {
  readonly name: string;
  readonly billUsd: number;
  /** Its bill and the price of its likely failures. */
  readonly withFailuresUsd: number;
  readonly switches: number;
  /** Mean predicted share of steps that succeed. */
  readonly success: number;
  /** `measured` or `modelled`. */
  readonly label: string;
}

/** Kept loose towards clients: a schema of every field would weigh more in each list of tools than the answer. */
export interface ReplayView extends Readonly<Record<string, unknown>> {
  readonly verdict: Verdict;
  readonly policies: readonly ReplayRow[];
  readonly leftOutPolicies: number;
}

const MAX_ROWS = 12;

/** The verdict, and the rules that come to the least with their failures; what was recorded stands first. */
export function replayView(report: JsonObject): ReplayView {
  const { verdict, policies } = reportSchema.parse(report);
  const [recorded, ...others] = policies;
  const best = others.toSorted((one, other) => one.totalNanoUsd - other.totalNanoUsd);
  const rows = [...(recorded === undefined ? [] : [recorded]), ...best].slice(0, MAX_ROWS);
  return {
    verdict,
    policies: rows.map((row) => ({
      name: row.name,
      billUsd: round(row.costNanoUsd / 1e9),
      withFailuresUsd: round(row.totalNanoUsd / 1e9),
      switches: row.switchCount,
      success: round(row.meanSuccessRatio),
      label: row.label,
    })),
    leftOutPolicies: policies.length - rows.length,
  };
}

/** The same for whoever reads it: the verdict, then a table. */
export function replayText({ verdict, policies, leftOutPolicies }: ReplayView): string {
  const usd = (amount: number): string => formatUsd(Math.round(amount * 1e9) as NanoUsd);
  const rows = policies.map(
    (row) =>
      `| ${row.name} | ${usd(row.billUsd)} | ${usd(row.withFailuresUsd)} | ${(100 * row.success).toFixed(1)} % | ${row.switches} |`,
  );
  const left = leftOutPolicies === 0 ? [] : [`${leftOutPolicies} more left out; pointsman replay shows all.`];
  return [
    verdict.headline,
    verdict.paid,
    verdict.simplest,
    verdict.routing,
    '',
    '| rule | bill | with failures | success | switches |',
    '|---|---|---|---|---|',
    ...rows,
    ...left,
    '',
    ...verdict.more,
  ].join('\n');
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
