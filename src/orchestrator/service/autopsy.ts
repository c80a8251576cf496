import { examine } from '../../autopsy/examine.ts';
import { makeDecision } from '../../decisions/make-decision.ts';
import { ROUTES } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';
import type { JobAutopsy } from '../model/pointsman.ts';
import { readCase } from './read-case.ts';

/** Reads what made a job fail from its records. What is shown of them holds no secrets. */
export async function autopsyOf(services: JobServices, entry: JobEntry): Promise<JobAutopsy> {
  const found = examine(await readCase(services, entry));
  const again = found.kind === 'blamed' ? await decidedAgain(services, entry, found) : undefined;
  return services.redactor.record<JobAutopsy>(again === undefined ? found : { ...found, again });
}

/** The recorded decision without the model that took it: pure, and as the product would have made it then. */
async function decidedAgain(
  { journal, decide }: Pick<JobServices, 'journal' | 'decide'>,
  { jobId }: JobEntry,
  { stepId, cause }: { readonly stepId: string; readonly cause: string },
): Promise<JobAutopsy['again']> {
  if (cause !== 'model' && cause !== 'provider') return undefined;
  const route = (await journal.facts(jobId, ROUTES)).find((one) => one.stepId === stepId);
  if (route === undefined || route.decision.kind === 'refuse') return undefined;
  const { to } = route.decision;
  const models = route.input.models.filter(({ id }) => id !== to);
  const { decision } = makeDecision({ ...route.input, override: undefined, models }, { decide, shadows: [] });
  if (decision.kind === 'refuse') return undefined;
  const row = decision.candidates.find(({ model, mode }) => model === decision.to && mode === decision.mode);
  return row === undefined ? undefined : { model: decision.to, mode: decision.mode, expectedNanoUsd: row.billNanoUsd };
}
