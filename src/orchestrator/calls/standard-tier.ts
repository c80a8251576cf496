import { standardIdOf } from '../../catalog/service-tiers.ts';
import type { Model } from '../../domain/model.ts';
import type { JobRun } from '../model/job-run.ts';

/** The same model on the standard tier; `undefined`: it is there already. */
export function standardOf({ services }: Pick<JobRun, 'services'>, { id }: Model): Model | undefined {
  return services.catalog.get(standardIdOf(id) ?? '');
}
