import { toStepRecord } from '../../decisions/make-decision.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import { besideChangesOf, changesOf, keepAdopted } from '../calls/record-changes.ts';
import { handsFor } from '../context/hands-for.ts';
import { requestInCopy } from '../context/named-places.ts';
import { sharedTokens } from '../context/shared-transcript.ts';
import { changesFiles } from '../context/step-plan.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { attemptEndKey, executedKey, noteKey, routeKey, type Executed, type StepRoute } from '../model/job-facts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobBranch, JobRun } from '../model/job-run.ts';
import { latestAttempt, withAttempt, type JobState } from '../model/job-state.ts';
import type { KnownTests } from '../model/known-tests.ts';
import { executeStep } from './execute-step.ts';
import { chosenRow, decideStep, routed, selectStep } from './select-step.ts';
import { passesChecks } from './verify-step.ts';
import { worthBeside } from './worth-beside.ts';

/** Whether an attempt has another one beside it, which is asked once. */
function besideKey(stepId: string, attempt: number): FactKey<{ readonly attempt: number | null }> {
  return factKey(`beside-of/${stepId}/${attempt}`);
}

/** The copy in which an attempt beside another worked. */
function folderKey(stepId: string, attempt: number): FactKey<string> {
  return factKey(`beside-in/${stepId}/${attempt}`);
}

/**
 * Routes the next try of a step at once with its first, to another family, where waiting is dear enough: it works in a copy of its
 * own, and is what is tried next should the checks reject the first. Who is better is never asked of the two: the checks say
 * it, in the order in which they would have been tried.
 */
export async function startBeside(
  run: JobRun,
  state: JobState,
  { step, tests }: { readonly step: JobStep; readonly tests: KnownTests },
): Promise<JobState> {
  const first = latestAttempt(state, step.stepId);
  if (first?.status !== 'routed' || !mayRunBeside(run, step)) return state;
  const { journal } = run.services;
  const { jobId } = run.entry;
  const key = besideKey(step.stepId, first.attempt);
  const known = await journal.fact(jobId, key);
  // One that is adopted was made before.
  if (known === undefined && (await journal.fact(jobId, executedKey(step.stepId, first.attempt))) !== undefined)
    return state;
  const attempt =
    known === undefined ? await routeBeside(run, state, { step, tests, first: first.attempt }) : known.attempt;
  if (known === undefined) await journal.settle(jobId, key, { attempt });
  if (attempt === null) return state;
  const attempts = withAttempt(state.attempts, step.stepId, { ...first, beside: attempt });
  return { ...state, attempts };
}

function mayRunBeside(run: JobRun, step: JobStep): boolean {
  if (run.openBranch === undefined || run.policy.parallelAttempts === 'off' || step.kind !== 'code') return false;
  // Nothing but time is won, and who is asked takes more of it.
  if (step.check === 'person') return false;
  if (run.policy.waitingNanoUsdPerSecond <= 0 || run.entry.request.model !== undefined) return false;
  return handsFor(run, step) === undefined && changesFiles(run, step);
}

/** @returns the number of the attempt; `null`: it does not pay, or nobody else may take the step */
async function routeBeside(
  run: JobRun,
  state: JobState,
  { step, tests, first }: { readonly step: JobStep; readonly tests: KnownTests; readonly first: number },
): Promise<number | null> {
  const { journal, catalog } = run.services;
  const { jobId } = run.entry;
  const own = await journal.fact(jobId, routeKey(step.stepId, first));
  const family = own === undefined ? undefined : catalog.get(routed(own).to)?.family;
  if (own === undefined || family === undefined) return null;
  const attempt = first + 1;
  const options = {
    attempt,
    parallel: true,
    transcriptTokens: await sharedTokens(run, state),
    tests,
    notFamilies: [family],
  };
  const route = await decideStep(run, state, step, options);
  if (route.decision.kind === 'refuse') return null;
  const rows = { first: chosenRow(routed(own)), other: chosenRow(route.decision), family };
  const worth = worthBeside(rows, own.input.step.checks, run.policy);
  if (worth === undefined) return null;
  await journal.settle(jobId, routeKey(step.stepId, attempt), route);
  await selectStep(run, state, step, options);
  const text =
    `${route.decision.to} tries "${step.title}" at the same time in a copy of its own: the time that this is expected to save is worth ` +
    `${formatUsd(worth.gainNanoUsd)}, and its bill, where it is not needed, ${formatUsd(worth.extraNanoUsd)}.`;
  run.emit({ type: 'note', text });
  await journal.settle(jobId, noteKey(`beside/${step.stepId}/${attempt}`), text);
  return attempt;
}

/**
 * Runs an attempt, and the one beside it if there is one. Once the checks let the first stand, the other is stopped; both have
 * come to an end when it returns.
 */
export async function executeWithBeside(run: JobRun, state: JobState, step: JobStep, route: StepRoute): Promise<void> {
  const beside = latestAttempt(state, step.stepId)?.beside;
  if (beside === undefined) {
    await adopt(run, step, route.attempt);
    await executeStep(run, state, step, route);
    return;
  }
  // What a job that goes on has done of the first may be enough.
  const { journal } = run.services;
  const { jobId } = run.entry;
  const isDone = (await journal.fact(jobId, executedKey(step.stepId, route.attempt))) !== undefined;
  if (isDone && (await passesChecks(run, state, step))) return;
  // Made before the first changes anything.
  const branch = await branchFor(run, step, { first: route.attempt, beside });
  const stop = new AbortController();
  const ends = await Promise.allSettled([
    executeFirst(run, state, step, { route, stop }),
    executeBeside(run, state, step, { attempt: beside, branch, stop: stop.signal }),
  ]);
  await branch?.close();
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function executeFirst(
  run: JobRun,
  state: JobState,
  step: JobStep,
  { route, stop }: { readonly route: StepRoute; readonly stop: AbortController },
): Promise<void> {
  await executeStep(run, state, step, route);
  if (await passesChecks(run, state, step)) stop.abort();
}

/** `undefined`: none can be made, or only one in which the first attempt's work would be. */
async function branchFor(
  run: JobRun,
  { stepId }: JobStep,
  { first, beside }: { readonly first: number; readonly beside: number },
): Promise<JobBranch | undefined> {
  const { journal } = run.services;
  const { jobId } = run.entry;
  if ((await journal.fact(jobId, executedKey(stepId, beside))) !== undefined) return undefined;
  const branch = await run.openBranch?.();
  if (branch === undefined) return undefined;
  const hasBegun = (await changesOf(run, { stepId, attempt: first })).length > 0;
  if (!branch.isNew || !hasBegun) {
    await journal.settle(jobId, folderKey(stepId, beside), branch.folder);
    return branch;
  }
  await branch.close();
  return undefined;
}

interface BesideAt {
  readonly attempt: number;
  readonly branch: JobBranch | undefined;
  /** Says that it is not needed any more. */
  readonly stop: AbortSignal;
}

async function executeBeside(
  run: JobRun,
  state: JobState,
  step: JobStep,
  { attempt, branch, stop }: BesideAt,
): Promise<void> {
  const { journal } = run.services;
  const { jobId } = run.entry;
  const route = await journal.fact(jobId, routeKey(step.stepId, attempt));
  const key = executedKey(step.stepId, attempt);
  if (route === undefined || (await journal.fact(jobId, key)) !== undefined) return;
  try {
    if (branch === undefined) throw new PointsmanError('request-invalid', 'there is no copy for it');
    const of = { stepId: step.stepId, attempt };
    // A copy that is made again begins with what was done in the one that is gone.
    if (branch.isNew) await branch.workTree.mergeBack(await besideChangesOf(run, of));
    await executeStep(besideRun({ ...run, signal: AbortSignal.any([run.signal, stop]) }, branch), state, step, route);
  } catch (thrown) {
    const error = toPointsmanError(thrown);
    if (run.signal.aborted || error.code === 'record-unwritable') throw thrown;
    if (stop.aborted) return;
    const why = `It was made beside another attempt, and could not go on: ${error.message}`;
    await journal.settle<Executed>(jobId, key, { mode: 'handoff', messages: [], kind: 'unanswered', why });
  }
}

function besideRun(run: JobRun, { folder, tools, workTree }: JobBranch): JobRun {
  return {
    ...run,
    entry: { ...run.entry, request: requestInCopy(run.entry.request, folder) },
    tools,
    workTree,
    latestCalls: new Map(),
    besideOf: run.entry.request.workspace,
    // Its user is asked about the attempt that counts, and about no other.
    ask: ({ question }) => {
      throw new PointsmanError('tool-denied', `it would have had to ask: ${question}`);
    },
  };
}

/** Brings what an attempt did in its own copy to where the job works, once the one before it is taken back. */
async function adopt(run: JobRun, step: JobStep, attempt: number): Promise<void> {
  const of = { stepId: step.stepId, attempt };
  const from = await run.services.journal.fact(run.entry.jobId, folderKey(step.stepId, attempt));
  if (from === undefined || (await changesOf(run, of)).length > 0) return;
  const changes = await run.workTree.named(await besideChangesOf(run, of), { from, to: run.entry.request.workspace });
  const { blocked } = await run.workTree.mergeBack(changes);
  await keepAdopted(run, of, blocked.length === 0 ? changes : []);
  await run.dropBranch?.();
}

/** An attempt whose turn never came: it was stopped by nobody and rejected by nothing. Its number is not used again. */
export async function dropBeside(run: JobRun, state: JobState, step: JobStep): Promise<JobState> {
  const last = latestAttempt(state, step.stepId);
  if (last?.beside === undefined || last.status !== 'accepted') return state;
  const { journal, recorder, clock } = run.services;
  const route = await journal.fact(run.entry.jobId, routeKey(step.stepId, last.beside));
  const summary = 'The attempt beside it was accepted by the checks first.';
  const outcome = { status: 'cancelled' as const, checks: [], summary, errorCode: undefined };
  const ended = { outcome, endedAt: clock() };
  const kept = await journal.settle(run.entry.jobId, attemptEndKey(step.stepId, last.beside), ended);
  if (route !== undefined) recorder.writeStep({ ...toStepRecord(route), ...kept });
  await run.dropBranch?.();
  const { beside, ...rest } = last;
  return { ...state, attempts: withAttempt(state.attempts, step.stepId, { ...rest, skipped: beside }) };
}
