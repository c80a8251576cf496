import { openViewsOf } from '../../app/open-views.ts';
import type { StoreConfig } from '../../config/config.ts';
import { createAlarmSource } from '../../learn/alarms/alarm-source.ts';
import { alarmHint, alarmText } from '../../learn/alarms/alarm.ts';
import { shownLine } from '../../trust/shown.ts';
import { ok, skipped, warn, type Check } from './check.ts';

const NAME = 'alarms';

/** What the latest records of gateway and jobs say that somebody should look at. */
export async function alarmChecks(store: StoreConfig, offline: boolean): Promise<readonly Check[]> {
  if (offline && store.kind === 'postgres') return [skipped(NAME, 'PostgreSQL; not asked, as everything is offline')];
  try {
    const { views, close } = await openViewsOf(store);
    let fault: string | undefined;
    try {
      const source = createAlarmSource({ views, onWarning: ({ message }) => (fault = message) });
      const alarms = await source.current();
      if (fault !== undefined) return [skipped(NAME, `records cannot be read: ${fault}`)];
      if (alarms.length === 0) return [ok(NAME, 'none in the latest steps and calls')];
      return alarms.map((alarm) => warn(`alarm ${alarm.code}`, shownLine(alarmText(alarm)), alarmHint(alarm.code)));
    } finally {
      await close();
    }
  } catch (thrown) {
    return [skipped(NAME, `records cannot be read: ${thrown instanceof Error ? thrown.message : 'unknown reason'}`)];
  }
}
