import { formatUsd, nanoFromUsd, usdFromNano } from '../../domain/money.ts';
import type { UsageReport, UsageRow } from '../../orchestrator/model/pointsman.ts';
import { counted } from '../../replay/report/amounts.ts';

interface UsageRowView {
  readonly key: string;
  readonly calls: number;
  readonly usd: number;
  readonly mayHaveBilledUsd: number;
  readonly uncachedTokens: number;
  /** `null`: no provider said. */
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly outputTokens: number;
}

/** A type, as what a tool answers has to be. */
export type UsageView = {
  readonly jobs: number;
  readonly gatewayCalls: number;
  readonly calls: number;
  readonly spentUsd: number;
  readonly unknownBillCalls: number;
  readonly mayHaveBilledUsd: number;
  readonly byModel: readonly UsageRowView[];
  readonly byKind: readonly UsageRowView[];
  readonly alarms: readonly string[];
};

export function usageView(report: UsageReport): UsageView {
  return {
    jobs: report.jobCount,
    gatewayCalls: report.gatewayCallCount,
    calls: report.callCount,
    spentUsd: usdFromNano(report.spentNanoUsd),
    unknownBillCalls: report.unknownBillCallCount,
    mayHaveBilledUsd: usdFromNano(report.mayHaveBilledNanoUsd),
    byModel: report.byModel.map(rowView),
    byKind: report.byKind.map(rowView),
    alarms: report.alarms,
  };
}

/** What was spent in a line, and a table for each way to look at it. */
export function usageReportText(view: UsageView): string {
  const { calls, jobs, gatewayCalls, unknownBillCalls, alarms } = view;
  const unknown =
    unknownBillCalls === 0
      ? ''
      : ` The bill of ${unknownBillCalls} is not known: up to ${usd(view.mayHaveBilledUsd)} more.`;
  return [
    `${usd(view.spentUsd)} spent on ${counted(calls, 'call')}, of ${counted(jobs, 'job')} and ${gatewayCalls} through the gateway (measured).${unknown}`,
    ...alarms.map((alarm) => `! ${alarm}`),
    ...table('model', view.byModel),
    ...table('kind', view.byKind),
  ].join('\n');
}

function table(title: string, rows: readonly UsageRowView[]): readonly string[] {
  if (rows.length === 0) return [];
  const lines = rows.map(
    (row) =>
      `| ${row.key} | ${row.calls} | ${usd(row.usd)} | ${row.uncachedTokens} | ${row.cacheReadTokens ?? 'not told'} | ${row.outputTokens} |`,
  );
  return [
    '',
    `| ${title} | calls | bill | new tokens | read from caches | output |`,
    '|---|---|---|---|---|---|',
    ...lines,
  ];
}

const usd = (amount: number): string => formatUsd(nanoFromUsd(amount));

function rowView(row: UsageRow<string>): UsageRowView {
  return {
    key: row.key,
    calls: row.callCount,
    usd: usdFromNano(row.billNanoUsd),
    mayHaveBilledUsd: usdFromNano(row.mayHaveBilledNanoUsd),
    uncachedTokens: row.usage.uncachedTokens,
    cacheReadTokens: row.usage.cacheReadTokens ?? null,
    cacheWriteTokens: row.usage.cacheWriteTokens ?? null,
    outputTokens: row.usage.outputTokens,
  };
}
