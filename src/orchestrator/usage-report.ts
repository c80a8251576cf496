import { sumUsage } from '../domain/usage.ts';
import { spentOf, unknownBillCount } from './job-money.ts';
import type { CallEntry } from './job-journal.ts';
import type { UsageReport, UsageRow } from './pointsman.ts';

/** What jobs used, by model and by kind of step, dearest first. Pure. */
export function usageReport(jobs: readonly (readonly CallEntry[])[], alarms: readonly string[]): UsageReport {
  const calls = jobs.flat();
  return {
    jobCount: jobs.length,
    callCount: calls.length,
    spentNanoUsd: spentOf(calls),
    unknownBillCallCount: unknownBillCount(calls),
    byModel: rowsBy(calls, (call) => call.model),
    byKind: rowsBy(calls, (call) => call.kind),
    alarms,
  };
}

function rowsBy<Key extends string>(
  calls: readonly CallEntry[],
  keyOf: (call: CallEntry) => Key,
): readonly UsageRow<Key>[] {
  const groups = Map.groupBy(calls, keyOf);
  return [...groups]
    .map(([key, own]) => ({
      key,
      callCount: own.length,
      usage: sumUsage(own.flatMap((call) => call.end?.usage ?? [])),
      billNanoUsd: spentOf(own),
    }))
    .sort((a, b) => b.billNanoUsd - a.billNanoUsd || (a.key < b.key ? -1 : 1));
}
