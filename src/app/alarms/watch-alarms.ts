import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmsConfig, Config } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { At, Ms } from '../../domain/time.ts';
import { createAlarmSource, type AlarmSource, type AlarmSourceOptions } from '../../learn/alarms/alarm-source.ts';
import { alarmText, type Alarm } from '../../learn/alarms/alarm.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { createAlarmWebhook } from './alarm-webhook.ts';
import { postedAlarmsFor, type PostedAlarms } from './posted-alarms.ts';

/** Often enough for whoever pays, and seldom enough to be nothing beside serving. */
const LOOK_EVERY_MS: Ms = 60_000;
const FIRST_LOOK_MS: Ms = 5000;

export interface AlarmWatchOptions {
  readonly source: Pick<AlarmSource, 'current'>;
  readonly config: AlarmsConfig | undefined;
  /** Where it stands what others over the same store have told already. Absent: nobody else tells. */
  readonly posted?: PostedAlarms | undefined;
  /** Absent: nothing is logged. */
  readonly log?: Log;
  /** Told what was not delivered. Absent: it is logged. */
  readonly onLost?: (why: string) => void;
  readonly clock: () => At;
  readonly everyMs?: Ms;
}

/** So long a process waits at its end for a receiver that does not answer. */
const END_WITHIN_MS: Ms = 5000;

export interface AlarmWatching {
  /** Looks once more, and waits a little for what is to be delivered. */
  end(): Promise<void>;
  close(): void;
}

/** Looks from time to time while somebody works; what is raised or lowered is logged, and told where the user wants it told. */
export function watchAlarms(options: AlarmWatchOptions): AlarmWatching {
  const { source, config, posted, log, clock, everyMs = LOOK_EVERY_MS } = options;
  const onLost = options.onLost ?? ((why): void => log?.warn(`An alarm was not delivered: ${why}`));
  const webhook = config && createAlarmWebhook({ ...config, onLost });
  let before: readonly Alarm[] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    const now = await source.current();
    const known = before ?? (await unlessFaulty(async () => posted?.standing(), onLost)) ?? [];
    if (isClosed) return;
    const announce = async (event: 'raised' | 'lowered', alarm: Alarm): Promise<void> => {
      const isFirst = await unlessFaulty(async () => posted?.claim(event, alarm, clock()), onLost);
      if (isFirst !== false) webhook?.notify(event, alarm, clock());
    };
    const isSame = (a: Alarm, b: Alarm): boolean => a.code === b.code && a.of === b.of;
    for (const alarm of now.filter((one) => !known.some((other) => isSame(one, other)))) {
      log?.warn(`Alarm: ${alarmText(alarm)}`, { code: alarm.code });
      await announce('raised', alarm);
    }
    for (const alarm of known.filter((one) => !now.some((other) => isSame(one, other)))) {
      log?.info(`Alarm over: ${alarmText(alarm)}`, { code: alarm.code });
      await announce('lowered', alarm);
    }
    before = now;
  };
  let looking = Promise.resolve();
  const next = (afterMs: Ms): void => {
    timer = setTimeout(() => {
      looking = look().finally(() => (isClosed ? undefined : next(everyMs)));
    }, afterMs);
    timer.unref();
  };
  const close = (): void => {
    isClosed = true;
    clearTimeout(timer);
    webhook?.close();
  };
  next(Math.min(FIRST_LOOK_MS, everyMs));
  return {
    end: async () => {
      clearTimeout(timer);
      await looking;
      clearTimeout(timer);
      await look();
      const waiting = new AbortController();
      const isLate = sleep(END_WITHIN_MS, true, { signal: waiting.signal }).catch(() => false);
      if ((await Promise.race([webhook?.settled(), isLate])) === true) onLost('its receiver did not answer in time');
      waiting.abort();
      close();
    },
    close,
  };
}

/** An alarm that is told twice, as nobody can say what was told, is better than one that is not told. */
async function unlessFaulty<Result>(
  act: () => Promise<Result | undefined>,
  onFault: (why: string) => void,
): Promise<Result | undefined> {
  try {
    return await act();
  } catch (thrown) {
    onFault(`what was told before cannot be read or kept: ${toPointsmanError(thrown).message}`);
    return undefined;
  }
}

/** Of several processes of one gateway one looks; where nothing is kept there is nothing to look at. */
export function openAlarms({
  views,
  siblings,
  onWarning,
  store,
  config,
  ...by
}: Omit<AlarmWatchOptions, 'source' | 'config' | 'posted'> & {
  readonly config: Pick<Config, 'alarms' | 'store'>;
  readonly store?: PointsmanOptions['store'] | undefined;
  readonly views: StoreViews | undefined;
  readonly siblings?: { readonly keepsRecords: boolean } | undefined;
  readonly onWarning?: AlarmSourceOptions['onWarning'];
}): { readonly latest: () => readonly Alarm[]; readonly close: () => void } {
  if (views === undefined) return { latest: () => [], close: () => undefined };
  const source = createAlarmSource({ views, onWarning });
  const watching =
    siblings?.keepsRecords === false
      ? undefined
      : watchAlarms({ ...by, config: config.alarms, posted: postedAlarmsFor({ store }, config), source });
  return { latest: () => source.latest(), close: () => watching?.close() };
}
