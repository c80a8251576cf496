import type { JobId } from '../../domain/ids.ts';
import { ROUTES, attemptEndKey, executedKey } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';
import type { Pointsman } from '../model/pointsman.ts';

/** What jobs have decided, for those who would remember it. */
export function decisionsOfJobs(
  services: JobServices,
  jobOf: (jobId: JobId) => Promise<JobEntry>,
): Pick<Pointsman, 'jobDecisions'> {
  return {
    jobDecisions: async (jobId) => decisionsIn(services, await jobOf(jobId)),
  };
}

/** What accepted steps said they had decided, each once. It is shown: it holds no secrets. */
async function decisionsIn(
  { journal, redactor }: Pick<JobServices, 'journal' | 'redactor'>,
  { jobId }: JobEntry,
): Promise<readonly string[]> {
  const routes = await journal.facts(jobId, ROUTES);
  const each = await Promise.all(
    routes.map(async ({ stepId, attempt }) => {
      const end = await journal.fact(jobId, attemptEndKey(stepId, attempt));
      const ended = await journal.fact(jobId, executedKey(stepId, attempt));
      if (end?.outcome?.status !== 'accepted' || ended?.kind !== 'answered') return [];
      return 'decisions' in ended.value ? ended.value.decisions : [];
    }),
  );
  return [...new Set(each.flat().map((text) => redactor.text(text.trim())))];
}
