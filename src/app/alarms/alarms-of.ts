import type { Config } from '../../config/config.ts';
import { createAlarmSource } from '../../learn/alarms/alarm-source.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { openStoreViewsFor } from '../open-views.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';

/** What is raised by the records of a store, gateway and jobs alike; looked at when somebody asks. Nothing outlives a store in memory. */
export function alarmsOf(
  { store, onWarning }: Pick<PointsmanOptions, 'store' | 'onWarning'>,
  config: Config,
): () => Promise<readonly Alarm[]> {
  if (store === 'memory') return async () => Promise.resolve([]);
  return async () => {
    const { views, close } = await openStoreViewsFor({ store }, config);
    try {
      return await createAlarmSource({ views, onWarning }).current();
    } finally {
      await close();
    }
  };
}
