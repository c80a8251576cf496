import type { PointsmanError } from '../../domain/errors.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobRun, JobServices, PauseQuestion } from '../model/job-run.ts';
import type { JobState } from '../model/job-state.ts';
import type { JobPlace } from './job-place.ts';

/** How the work of this process on a job came to an end. */
export type JobEnded = { readonly state: JobState | undefined; readonly place?: JobPlace | undefined } & (
  | { readonly kind: 'done' }
  | { readonly kind: 'asked'; readonly question: PauseQuestion | undefined; readonly run?: JobRun }
  | { readonly kind: 'stopped'; readonly error: PointsmanError }
);

/** It came to no end of its own, and what it did lies in a copy. */
export function isLeft(ended: JobEnded, stoppedAs: 'cancelled' | 'paused'): boolean {
  if (ended.kind !== 'stopped' || ended.place?.tree === undefined) return false;
  return ended.error.code !== 'aborted' || stoppedAs === 'cancelled';
}

/** What a call did that could not be kept is in the copy alone. */
export function isUnkept(ended: JobEnded): boolean {
  return ended.kind === 'stopped' && ended.error.code === 'record-unwritable';
}

/** It was away for a moment: the job has failed at nothing, and whoever goes on with it finds all that it did. */
function isStoreAway({ code, retryable }: PointsmanError): boolean {
  return retryable && (code === 'record-unreadable' || code === 'record-unwritable');
}

/** What the journal is told of a job that this process works on no more. */
export function endingOf(
  services: Pick<JobServices, 'clock' | 'redactor'>,
  ended: JobEnded,
  stoppedAs: 'cancelled' | 'paused',
): Pick<JobEntry, 'status' | 'pause' | 'failure' | 'endedAt'> {
  const endedAt = services.clock();
  switch (ended.kind) {
    case 'done':
      return { status: 'done', pause: undefined, failure: undefined, endedAt };
    case 'asked': {
      const { question } = ended;
      const pause = question ?? {
        kind: 'plan' as const,
        code: 'aborted' as const,
        question: 'The plan is made. Resume the job to run it.',
      };
      return { status: 'paused', pause: { ...pause }, failure: undefined, endedAt: undefined };
    }
    case 'stopped':
      return stoppedEnding(services, ended.error, stoppedAs, endedAt);
  }
}

function stoppedEnding(
  { redactor }: Pick<JobServices, 'redactor'>,
  error: PointsmanError,
  stoppedAs: 'cancelled' | 'paused',
  endedAt: number,
): Pick<JobEntry, 'status' | 'pause' | 'failure' | 'endedAt'> {
  if (error.code === 'aborted') {
    const pause = { kind: 'failure' as const, code: error.code, question: 'The job was stopped. Resume it to go on.' };
    return stoppedAs === 'cancelled'
      ? { status: 'cancelled', pause: undefined, failure: undefined, endedAt }
      : { status: 'paused', pause, failure: undefined, endedAt: undefined };
  }
  if (isStoreAway(error)) {
    const question = `${redactor.text(error.message)}. Resume the job to go on.`;
    const pause = { kind: 'failure' as const, code: 'aborted' as const, question };
    return { status: 'paused', pause, failure: undefined, endedAt: undefined };
  }
  const failure = { code: error.code, message: redactor.text(error.message), hint: error.hint };
  return { status: 'failed', pause: undefined, failure, endedAt };
}
