import { nanoFromUsd, sumNanoUsd, toNanoUsd, usdFromNano, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { CallEntry } from './job-journal.ts';
import type { JobRun } from './job-run.ts';

/**
 * What a call may have billed beyond its known bill: no usage came, it was cut, or the process died under it. `undefined`: its
 * bill is whole.
 */
export function mayHaveBilledOf({ end, expectedBillNanoUsd = ZERO_USD, heldNanoUsd }: CallEntry): NanoUsd | undefined {
  if (end === undefined) return toNanoUsd(Math.max(expectedBillNanoUsd, heldNanoUsd ?? 0));
  const { mayHaveBilledNanoUsd } = end.record;
  if (mayHaveBilledNanoUsd !== undefined) return mayHaveBilledNanoUsd;
  return end.kind === 'answered' && end.billNanoUsd === undefined ? ZERO_USD : undefined;
}

/** The job's limit; `undefined`: none. The request's wins over the policy's. */
export function budgetNanoUsd(run: Pick<JobRun, 'entry' | 'policy'>): NanoUsd | undefined {
  const asked = run.entry.request.budgetUsd;
  return asked === undefined ? run.policy.budget.jobNanoUsd : nanoFromUsd(asked);
}

/** Asks for more. An answer is for the limit that was asked about: where that has been raised meanwhile, it adds nothing. */
export function askForMoney(run: JobRun, question: string): never {
  const subject = `limit/${usdFromNano(budgetNanoUsd(run) ?? ZERO_USD)}`;
  return run.ask({ kind: 'budget', code: 'budget-exhausted', subject, question });
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
