import type { AlarmsConfig } from '../../config/config.ts';
import type { Log } from '../../domain/log.ts';
import type { At, Ms } from '../../domain/time.ts';
import { createAlarmSource, type AlarmSource, type AlarmSourceOptions } from '../../learn/alarms/alarm-source.ts';
import { alarmText, type Alarm } from '../../learn/alarms/alarm.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import { createAlarmWebhook, type AlarmWebhook } from './alarm-webhook.ts';

/** Often enough for whoever pays, and seldom enough to be nothing beside serving. */
const LOOK_EVERY_MS: Ms = 60_000;
const FIRST_LOOK_MS: Ms = 5000;

export interface AlarmWatchOptions {
  readonly source: AlarmSource;
  readonly config: AlarmsConfig | undefined;
  readonly log: Log;
  readonly clock: () => At;
  readonly everyMs?: Ms;
}

/** Looks from time to time while a gateway serves; what is raised or lowered is logged, and told where the user wants it told. */
export function watchAlarms({ source, config, log, clock, everyMs = LOOK_EVERY_MS }: AlarmWatchOptions): {
  readonly close: () => void;
} {
  const webhook = openWebhook(config, log);
  let before: readonly Alarm[] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    const now = await source.current();
    if (isClosed) return;
    // What the records of before a start say was told by whoever served then.
    const known = before ?? [];
    const isSame = (a: Alarm, b: Alarm): boolean => a.code === b.code && a.of === b.of;
    for (const alarm of now.filter((one) => !known.some((other) => isSame(one, other)))) {
      log.warn(`Alarm: ${alarmText(alarm)}`, { code: alarm.code });
      webhook?.notify('raised', alarm, clock());
    }
    for (const alarm of known.filter((one) => !now.some((other) => isSame(one, other)))) {
      log.info(`Alarm over: ${alarmText(alarm)}`, { code: alarm.code });
      webhook?.notify('lowered', alarm, clock());
    }
    before = now;
    next(everyMs);
  };
  const next = (afterMs: Ms): void => {
    timer = setTimeout(() => void look(), afterMs);
    timer.unref();
  };
  next(Math.min(FIRST_LOOK_MS, everyMs));
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      webhook?.close();
    },
  };
}

/** Of several processes of one gateway one looks; where nothing is kept there is nothing to look at. */
export function openAlarms({
  views,
  siblings,
  onWarning,
  ...by
}: Omit<AlarmWatchOptions, 'source'> & {
  readonly views: StoreViews | undefined;
  readonly siblings?: { readonly keepsRecords: boolean } | undefined;
  readonly onWarning?: AlarmSourceOptions['onWarning'];
}): { readonly latest: () => readonly Alarm[]; readonly close: () => void } {
  if (views === undefined) return { latest: () => [], close: () => undefined };
  const source = createAlarmSource({ views, onWarning });
  const watching = siblings?.keepsRecords === false ? undefined : watchAlarms({ ...by, source });
  return { latest: () => source.latest(), close: () => watching?.close() };
}

function openWebhook(config: AlarmsConfig | undefined, log: Log): AlarmWebhook | undefined {
  if (config === undefined) return undefined;
  return createAlarmWebhook({ ...config, onLost: (why) => log.warn(`An alarm was not delivered: ${why}`) });
}
