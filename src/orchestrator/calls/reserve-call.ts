import { randomUUID } from 'node:crypto';
import { PointsmanError, type ErrorCode } from '../../domain/errors.ts';
import { ZERO_USD, formatUsd, type NanoUsd } from '../../domain/money.ts';
import type { At, Ms } from '../../domain/time.ts';
import { accountOf } from '../../money/ledger.ts';
import type { CallOutcome } from '../../providers/collect.ts';
import { budgetNanoUsd, leftNanoUsd } from '../model/job-money.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';

const HELD_WAIT_MS: Ms = 500;
const MAY_BE_BILLED: ReadonlySet<ErrorCode> = new Set(['aborted', 'provider-timeout', 'provider-protocol']);

/** Reserve, then settle: a call that would break the limit is not made; the job asks instead. */
export function askForBudget(run: JobRun, call: StepCall, expected: NanoUsd): void {
  const left = leftNanoUsd(run);
  if (left === undefined || left >= expected) return;
  askForMore(run, call, expected, left);
}

function askForMore(run: JobRun, call: StepCall, expected: NanoUsd, left: NanoUsd): never {
  const limit = budgetNanoUsd(run) ?? ZERO_USD;
  return run.ask({
    kind: 'budget',
    code: 'budget-exhausted',
    question:
      `The next call (${call.model.id}, about ${formatUsd(expected)}) would pass the job's limit of ${formatUsd(limit)}; ` +
      `${formatUsd(left > 0 ? left : ZERO_USD)} is left. How much may be added?`,
  });
}

/** An answer without usage, and a call that was cut, may have been billed; one that its provider refused was not. */
export function settleCall(
  { services }: JobRun,
  { hold, outcome }: { readonly hold: string; readonly outcome: CallOutcome },
  bill: NanoUsd | undefined,
): void {
  if (bill !== undefined) services.ledger.settle(hold, { kind: 'billed', nanoUsd: bill });
  else if (outcome.kind === 'finished' || MAY_BE_BILLED.has(outcome.error.code))
    services.ledger.settle(hold, { kind: 'unknown', atLeastNanoUsd: ZERO_USD });
  else services.ledger.release(hold);
}

/**
 * Sets the expected bill aside in the ledger, for the job and the step. What other processes hold of it is waited for; what is
 * spent is asked for.
 */
export async function reserveForStep(
  run: JobRun,
  call: StepCall,
  {
    startedAt,
    expected,
    purpose,
  }: { readonly startedAt: At; readonly expected: NanoUsd; readonly purpose: 'keep-alive' | undefined },
): Promise<string> {
  const { jobId } = run.entry;
  const id = `${jobId}/${randomUUID()}`;
  const charges = [
    { account: accountOf('job', jobId), limits: { total: budgetNanoUsd(run) } },
    ...(run.policy.budget.stepNanoUsd === undefined
      ? []
      : [{ account: accountOf('step', `${jobId}/${call.stepId}`), limits: {} }]),
  ];
  const expectedNanoUsd = expected;
  for (;;) {
    const answer = await run.services.ledger.reserve({
      id,
      charges,
      expectedNanoUsd,
      worstNanoUsd: expectedNanoUsd,
      at: startedAt,
    });
    if (answer.kind === 'reserved') return id;
    if (purpose !== undefined) throw new PointsmanError('budget-exhausted', 'No money is left to keep a prefix warm');
    if (answer.kind === 'spent') askForMore(run, call, expectedNanoUsd, answer.leftNanoUsd);
    await run.services.wait(HELD_WAIT_MS, run.signal);
    run.signal.throwIfAborted();
  }
}
