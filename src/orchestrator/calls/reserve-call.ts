import { randomUUID } from 'node:crypto';
import { billNanoUsd, worstBillNanoUsd } from '../../catalog/bill.ts';
import { dearestServed } from '../../catalog/service-tiers.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import { ZERO_USD, formatUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import { accountOf } from '../../money/ledger.ts';
import type { CallOutcome } from '../../providers/collect.ts';
import { mayHaveBilled } from '../../providers/may-have-billed.ts';
import { askForMoney, budgetNanoUsd, leftNanoUsd } from '../model/job-money.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';

const HELD_WAIT_MS: Ms = 500;

/** Reserve, then settle: a call that would break the limit is not made; the job asks instead. */
export function askForBudget(run: JobRun, call: StepCall, expected: NanoUsd): void {
  const left = leftNanoUsd(run);
  if (left === undefined || left >= expected) return;
  askForMore(run, call, expected, left);
}

function askForMore(run: JobRun, call: StepCall, expected: NanoUsd, left: NanoUsd): never {
  const limit = budgetNanoUsd(run) ?? ZERO_USD;
  return askForMoney(
    run,
    `The next call (${call.model.id}, about ${formatUsd(expected)}) would pass the job's limit of ${formatUsd(limit)}; ` +
      `${formatUsd(left > 0 ? left : ZERO_USD)} is left. How much may be added?`,
  );
}

/** A call as it was priced before it went out, and how it ended. */
export interface SettledCall {
  /** Its reservation. */
  readonly hold: string;
  readonly expected: ExpectedCall;
  readonly startedAt: At;
  readonly outcome: CallOutcome;
}

/** What a call should come to. */
export interface ExpectedCall {
  readonly billNanoUsd: NanoUsd;
  readonly usage: Usage;
}

/**
 * Settles a call; its known bill in, what it may have billed beyond that out. `undefined`: its bill is whole. An answer
 * without usage, a call that was cut and each try of it that was cut count as expected, or as seen where that is more; one that
 * its provider refused bills nothing.
 */
export function settleCall(
  { services: { ledger } }: JobRun,
  model: Model,
  call: SettledCall,
  bill: NanoUsd | undefined,
): NanoUsd | undefined {
  const { hold, outcome, expected } = call;
  const known = bill ?? ZERO_USD;
  const lost = expected.billNanoUsd * lostTries(outcome);
  const isUnknown = isCut(outcome, bill) || lost > 0;
  if (!isUnknown) {
    if (bill === undefined) ledger.release(hold);
    else ledger.settle(hold, { kind: 'billed', nanoUsd: bill });
    return undefined;
  }
  const last = isCut(outcome, bill) ? Math.max(known, seenBill(model, call)) : known;
  ledger.settle(hold, { kind: 'unknown', atLeastNanoUsd: toNanoUsd(last + lost) });
  return toNanoUsd(last + lost - known);
}

function lostTries(outcome: CallOutcome): number {
  return (outcome.kind === 'finished' ? outcome.result.lostTryCount : outcome.lostTryCount) ?? 0;
}

function isCut(outcome: CallOutcome, bill: NanoUsd | undefined): boolean {
  if (outcome.kind === 'finished') return bill === undefined;
  return bill !== undefined || outcome.partial.length > 0 || mayHaveBilled(outcome.error);
}

const CHARS_PER_TOKEN = 4;

/** As expected, or with the answer as long as it was seen to be. */
function seenBill({ prices }: Model, { expected, outcome, startedAt }: SettledCall): NanoUsd {
  const parts = outcome.kind === 'finished' ? outcome.result.message.content : outcome.partial;
  const seenTokens = Math.ceil(JSON.stringify(parts).length / CHARS_PER_TOKEN);
  const outputTokens = Math.max(expected.usage.outputTokens, seenTokens);
  return billNanoUsd(prices, { ...expected.usage, outputTokens }, startedAt);
}

interface ReservedCall {
  readonly startedAt: At;
  readonly expected: ExpectedCall;
  /** The longest answer that it allows. */
  readonly maxOutputTokens: Tokens;
  readonly purpose: 'keep-alive' | undefined;
}

interface Reservation {
  readonly id: string;
  /** What is set aside, and counts as spent should the process die. */
  readonly heldNanoUsd: NanoUsd;
}

/**
 * Sets what a call may bill at worst aside in the ledger, for the job and the step. What other processes hold of it is waited for; what is
 * spent is asked for.
 */
export async function reserveForStep(
  run: JobRun,
  call: StepCall,
  { startedAt, expected, maxOutputTokens, purpose }: ReservedCall,
): Promise<Reservation> {
  const { jobId } = run.entry;
  const id = `${jobId}/${randomUUID()}`;
  const charges = [
    { account: accountOf('job', jobId), limits: { total: budgetNanoUsd(run) } },
    ...(run.policy.budget.stepNanoUsd === undefined
      ? []
      : [{ account: accountOf('step', `${jobId}/${call.stepId}`), limits: {} }]),
  ];
  const expectedNanoUsd = expected.billNanoUsd;
  const longest = { promptTokens: promptTokens(expected.usage), outputTokens: maxOutputTokens };
  const worstNanoUsd = worstBillNanoUsd(dearestServed(call.model).prices, longest, startedAt);
  for (;;) {
    const answer = await run.services.ledger.reserve({
      id,
      charges,
      expectedNanoUsd,
      worstNanoUsd,
      at: startedAt,
    });
    if (answer.kind === 'reserved') return { id, heldNanoUsd: answer.heldNanoUsd };
    if (purpose !== undefined) throw new PointsmanError('budget-exhausted', 'No money is left to keep a prefix warm');
    if (answer.kind === 'spent') askForMore(run, call, answer.neededNanoUsd ?? expectedNanoUsd, answer.leftNanoUsd);
    await run.services.wait(HELD_WAIT_MS, run.signal);
    run.signal.throwIfAborted();
  }
}
