import { likenessOf, type AlikeAttempt } from '../../learn/alike-changes.ts';
import { changesOf, textDiffOf } from '../calls/record-changes.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepAttempt } from '../model/job-state.ts';

/** A longer change is not compared. */
const MAX_CHARS = 64_000;

function ownDiffKey(stepId: string, attempt: number): FactKey<string> {
  return factKey(`own-diff/${stepId}/${attempt}`);
}

/** Keeps what an attempt at a change did, before it is taken back: a later one may do the same. */
export async function keepOwnDiff(run: JobRun, step: JobStep, { attempt, status }: StepAttempt): Promise<void> {
  const isFirst = attempt === 0 && status === 'accepted';
  if (step.kind !== 'code' || isFirst) return;
  const { journal } = run.services;
  const key = ownDiffKey(step.stepId, attempt);
  if ((await journal.fact(run.entry.jobId, key)) !== undefined) return;
  const diff = await textDiffOf(run, await changesOf(run, { stepId: step.stepId, attempt }));
  await journal.settle(run.entry.jobId, key, diff.length > MAX_CHARS ? '' : diff);
}

/** Earlier attempts that did the same as one that was accepted, and were refused: a label of the check that nobody has to give. */
export async function alikeBefore(run: JobRun, { stepId }: JobStep, attempt: number): Promise<readonly AlikeAttempt[]> {
  const { journal } = run.services;
  const own = await journal.fact(run.entry.jobId, ownDiffKey(stepId, attempt));
  const alike: AlikeAttempt[] = [];
  if (own === undefined) return alike;
  for (let earlier = 0; earlier < attempt; earlier += 1) {
    const other = await journal.fact(run.entry.jobId, ownDiffKey(stepId, earlier));
    const likeness = other === undefined ? undefined : likenessOf(other, own);
    if (likeness !== undefined) alike.push({ attempt: earlier, likeness });
  }
  return alike;
}
