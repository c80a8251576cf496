import type { PointsmanError } from '../../domain/errors.ts';
import type { JobRun, PauseQuestion } from '../model/job-run.ts';
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
