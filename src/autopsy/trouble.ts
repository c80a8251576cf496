import type { ErrorCode } from '../domain/errors.ts';
import type { StepId } from '../domain/ids.ts';
import type { AttemptCase, CaseFile } from './case-file.ts';

export const OF_PROVIDERS: ReadonlySet<ErrorCode> = new Set([
  'provider-auth',
  'provider-rate-limited',
  'provider-unavailable',
  'provider-timeout',
  'provider-protocol',
  'provider-rejected',
]);
/** The attempt that decided, the tries before and after it, and what was said against it. */
export interface Trouble {
  readonly attempt: AttemptCase;
  /** All tries of its step, in order. */
  readonly tries: readonly AttemptCase[];
  /** What the check, a review or a person said. */
  readonly said: string;
}

/** Of the step that ended the job, else the one complained about, else the last one whose work was refused: its first bad try. Pure. */
export function findTrouble(file: CaseFile): Trouble | undefined {
  const stepId = decidingStep(file);
  const tries = file.attempts.filter((attempt) => attempt.stepId === stepId);
  const own = tries.filter(isBad);
  // What a try is told of the one before is in its hands, whoever failed to hand it on: the first one is the clean one.
  const attempt = own.find(({ status }) => status !== 'failed') ?? own[0] ?? tries.at(-1);
  if (attempt === undefined) return undefined;
  const complaint = isBad(attempt) ? undefined : file.complaints.at(-1);
  const said = [...saidOf(attempt), ...(complaint === undefined ? [] : [complaint.note])].join('\n');
  return { attempt, tries, said };
}

function decidingStep({ attempts, status, complaints }: CaseFile): StepId | undefined {
  const bad = attempts.filter(isBad);
  const ended = status === 'failed' || status === 'paused' ? bad.at(-1) : undefined;
  const refused = bad.findLast((one) => one.status === 'rejected' || one.objections.length > 0);
  return (ended ?? complaints.at(-1) ?? refused ?? bad.at(-1))?.stepId;
}

/** What a broken form is said to lack is no fact of the work. */
function saidOf({ checks, report, objections }: AttemptCase): readonly string[] {
  const failed = checks.filter(({ passed, verifierId }) => !passed && verifierId !== 'contract');
  return [...failed.map(({ summary }) => summary), report, ...objections];
}

export function isBad({ status, objections }: AttemptCase): boolean {
  return status === 'rejected' || status === 'failed' || objections.length > 0;
}
