import type { Config } from '../../config/config.ts';
import type { JobServices } from '../../orchestrator/model/job-run.ts';
import { openStoreViewsFor } from '../open-views.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';

const MOST_CALLS = 5000;

/** What the store holds of a session of the gateway. */
export function sessionRecordsOf(
  options: Pick<PointsmanOptions, 'store'>,
  config: Config,
): JobServices['sessionRecords'] {
  if (options.store === 'memory') return undefined;
  return async (id) => {
    const { views, close } = await openStoreViewsFor(options, config);
    try {
      const listed = await views.callsOf(id, MOST_CALLS);
      // A job has an autopsy of its own.
      const calls = listed.map(({ call }) => call).filter(({ jobId }) => jobId === undefined);
      const decisionIds = [...new Set(calls.flatMap(({ gateway }) => gateway?.decisionId ?? []))];
      return { calls, steps: decisionIds.length === 0 ? [] : await views.steps(decisionIds) };
    } finally {
      await close();
    }
  };
}
