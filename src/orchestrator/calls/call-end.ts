import type { CallOutcome } from '../../providers/collect.ts';
import type { CallEnd } from '../model/job-journal.ts';
import type { JobRun } from '../model/job-run.ts';

/** How a call ended, as the journal keeps it: without secrets in what its vendor said. */
export function toCallEnd(
  { redactor }: Pick<JobRun['services'], 'redactor'>,
  outcome: CallOutcome,
  about: Pick<CallEnd, 'at' | 'durationMs' | 'usage' | 'billNanoUsd' | 'record'>,
): CallEnd {
  if (outcome.kind === 'finished') return { ...about, kind: 'answered', result: outcome.result };
  const { code, message } = outcome.error;
  return { ...about, kind: 'failed', code, message: redactor.text(message) };
}
