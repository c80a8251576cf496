import { nanoFromUsd, sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { CallEntry } from './job-journal.ts';
import type { JobRun } from './job-run.ts';

/** Calls that may have been billed without our knowing: no usage came, or the process died under them. */
export function unknownBillCount(calls: readonly CallEntry[]): number {
  return calls.filter(
    (call) => call.end === undefined || (call.end.kind === 'answered' && call.end.billNanoUsd === undefined),
  ).length;
}

/** The job's limit; `undefined`: none. The request's wins over the policy's. */
export function budgetNanoUsd(run: Pick<JobRun, 'entry' | 'policy'>): NanoUsd | undefined {
  const asked = run.entry.request.budgetUsd;
  return asked === undefined ? run.policy.budget.jobNanoUsd : nanoFromUsd(asked);
}

/** Left of the job's limit after what is spent and what calls under way are expected to bill. May be negative. */
export function leftNanoUsd(run: JobRun): NanoUsd | undefined {
  const limit = budgetNanoUsd(run);
  if (limit === undefined) return undefined;
  return toNanoUsd(limit - run.calls.spentNanoUsd() - run.calls.reservedNanoUsd());
}

/** The sum of the known bills. */
export function spentOf(calls: readonly CallEntry[]): NanoUsd {
  return sumNanoUsd(calls.flatMap((call) => call.end?.billNanoUsd ?? []));
}
