import type { JobId } from '../../domain/ids.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { attemptEndKey, ROUTES } from '../model/job-facts.ts';
import type { JobJournal } from '../model/job-journal.ts';
import type { JobRun } from '../model/job-run.ts';

/** The flight recorder stores in batches: what it may have lost when the process died is told to it again. */
export async function reportAgain(run: JobRun): Promise<void> {
  const { journal, recorder } = run.services;
  for (const call of run.calls.entries()) if (call.end !== undefined) recorder.writeCall(call.end.record);
  for (const step of await settledSteps(journal, run.entry.jobId)) recorder.writeStep(step);
}

/** Every attempt as the flight recorder was told of it, with what came of it where it has ended. */
export async function settledSteps(journal: JobJournal, jobId: JobId): Promise<readonly StepRecord[]> {
  const steps: StepRecord[] = [];
  for (const route of await journal.facts(jobId, ROUTES)) {
    const end = await journal.fact(jobId, attemptEndKey(route.stepId, route.attempt));
    steps.push({ ...route, ...(end ?? { outcome: undefined, endedAt: undefined }) });
  }
  return steps;
}
