import { examineSession } from '../../autopsy/examine-session.ts';
import { examine } from '../../autopsy/examine.ts';
import { makeDecision } from '../../decisions/make-decision.ts';
import { asId } from '../../domain/ids.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { ROUTES } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';
import type { JobAutopsy } from '../model/pointsman.ts';
import { readCase } from './read-case.ts';
import { decisionOfStep, toSessionCase } from './read-session-case.ts';

const MOST_OUTCOMES = 1000;

/** Reads what made a job fail from its records. What is shown of them holds no secrets. */
export async function autopsyOf(services: JobServices, entry: JobEntry): Promise<JobAutopsy> {
  const found = examine(await readCase(services, entry));
  const again = found.kind === 'blamed' ? await decidedAgain(services, entry, found) : undefined;
  return services.redactor.record<JobAutopsy>(again === undefined ? found : { ...found, again });
}

/**
 * The same of a session of a harness, which leaves no job: by its calls, decisions and what was reported of them.
 * @returns `undefined` where nothing is recorded of it
 */
export async function sessionAutopsyOf(services: JobServices, id: string): Promise<JobAutopsy | undefined> {
  // Sessions of harnesses leave records and no job.
  if ((await services.journal.job(asId(id))) !== undefined) return undefined;
  await services.recorder.flush();
  const records = await services.sessionRecords?.(id);
  if (records === undefined || records.calls.length === 0) return undefined;
  const outcomes = await services.recorder.outcomes({ limit: MOST_OUTCOMES });
  const found = examineSession(toSessionCase(id, { ...records, outcomes }));
  const decisionId = found.kind === 'blamed' ? decisionOfStep(records, found.stepId) : undefined;
  const step = records.steps.find(({ decision }) => decision.decisionId === decisionId);
  const again = found.kind === 'blamed' && step !== undefined ? withoutBlamed(services, step, found) : undefined;
  return services.redactor.record<JobAutopsy>(again === undefined ? found : { ...found, again });
}

/** The recorded decision without the model that took it: pure, and as the product would have made it then. */
async function decidedAgain(
  services: Pick<JobServices, 'journal' | 'decide'>,
  { jobId }: JobEntry,
  blamed: Blamed,
): Promise<JobAutopsy['again']> {
  const route = (await services.journal.facts(jobId, ROUTES)).find((one) => one.stepId === blamed.stepId);
  return route === undefined ? undefined : withoutBlamed(services, route, blamed);
}

interface Blamed {
  readonly stepId: string;
  readonly cause: string;
}

function withoutBlamed(
  { decide }: Pick<JobServices, 'decide'>,
  { input, decision: made }: Pick<StepRecord, 'input' | 'decision'>,
  { cause }: Blamed,
): JobAutopsy['again'] {
  if ((cause !== 'model' && cause !== 'provider') || made.kind === 'refuse') return undefined;
  const { to } = made;
  const models = input.models.filter(({ id }) => id !== to);
  const { decision } = makeDecision({ ...input, override: undefined, models }, { decide, shadows: [] });
  if (decision.kind === 'refuse') return undefined;
  const row = decision.candidates.find(({ model, mode }) => model === decision.to && mode === decision.mode);
  return row === undefined ? undefined : { model: decision.to, mode: decision.mode, expectedNanoUsd: row.billNanoUsd };
}
