import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmsConfig, Config } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { At, Ms } from '../../domain/time.ts';
import { createAlarmSource, type AlarmSource, type AlarmSourceOptions } from '../../learn/alarms/alarm-source.ts';
import { alarmText, type Alarm } from '../../learn/alarms/alarm.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { createAlarmWebhook, type AlarmMessage, type AlarmWebhook, type Delivery } from './alarm-webhook.ts';
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
  const sender = config && createSender(createAlarmWebhook(config), { posted, clock, onLost });
  let before: readonly Alarm[] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    const now = await source.current();
    const known = before ?? (await unlessFaulty(async () => posted?.standing(), undefined, onLost)) ?? [];
    if (isClosed) return;
    const isSame = (a: Alarm, b: Alarm): boolean => a.code === b.code && a.of === b.of;
    for (const alarm of now.filter((one) => !known.some((other) => isSame(one, other)))) {
      log?.warn(`Alarm: ${alarmText(alarm)}`, { code: alarm.code });
      await sender?.announce('raised', alarm);
    }
    for (const alarm of known.filter((one) => !now.some((other) => isSame(one, other)))) {
      log?.info(`Alarm over: ${alarmText(alarm)}`, { code: alarm.code });
      await sender?.announce('lowered', alarm);
    }
    await sender?.sendDue();
    before = now;
  };
  const lookSafely = async (): Promise<void> =>
    look().catch((thrown: unknown) => onLost(`what is raised cannot be read: ${toPointsmanError(thrown).message}`));
  let looking = Promise.resolve();
  const next = (afterMs: Ms): void => {
    timer = setTimeout(() => {
      looking = lookSafely().finally(() => (isClosed ? undefined : next(everyMs)));
    }, afterMs);
    timer.unref();
  };
  const close = (): void => {
    isClosed = true;
    clearTimeout(timer);
    sender?.close();
  };
  next(Math.min(FIRST_LOOK_MS, everyMs));
  return {
    end: async () => {
      clearTimeout(timer);
      await looking;
      clearTimeout(timer);
      await lookSafely();
      const waiting = new AbortController();
      const isLate = sleep(END_WITHIN_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([sender?.settled(), isLate]);
      waiting.abort();
      close();
      // What came of them is noted, too.
      await sender?.settled();
    },
    close,
  };
}

const WHY: Readonly<Record<Exclude<Delivery, 'taken'>, string>> = {
  refused: 'its receiver refused it',
  unreachable: 'its receiver cannot be reached',
  'too many': 'too many wait already',
  ended: 'its receiver did not answer in time',
};

interface AlarmSender {
  /** Sends it where no other process over the store does, and waits for no answer. */
  announce(event: AlarmMessage['event'], alarm: Alarm): Promise<void>;
  /** Sends again what did not arrive, whichever process sent it. */
  sendDue(): Promise<void>;
  /** When it stands where it is kept what came of all. */
  settled(): Promise<void>;
  close(): void;
}

function createSender(
  webhook: AlarmWebhook,
  { posted, clock, onLost }: Pick<AlarmWatchOptions, 'posted' | 'clock'> & { readonly onLost: (why: string) => void },
): AlarmSender {
  const underWay = new Set<Promise<void>>();
  const send = async (message: AlarmMessage): Promise<void> => {
    const delivery = await webhook.deliver(message);
    const isTaken = delivery === 'taken';
    const end = await unlessFaulty(async () => posted?.settle(message.id, isTaken, clock()), undefined, onLost);
    if (!isTaken) onLost(`${WHY[delivery]}${end === 'again' ? '; it is sent again later' : ''}`);
  };
  const begin = (message: AlarmMessage): void => {
    const sending = send(message).finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  return {
    announce: async (event, alarm) => {
      const fresh: AlarmMessage = { id: randomUUID(), event, at: clock(), alarm };
      // An alarm that is told twice, as nobody can say what was told, is better than one that is not told.
      const claimed = posted && (await unlessFaulty(async () => posted.claim(event, alarm, fresh.at), fresh, onLost));
      const message = posted === undefined ? fresh : claimed;
      if (message !== undefined) begin(message);
    },
    sendDue: async () => {
      for (const message of (await unlessFaulty(async () => posted?.due(clock()), [], onLost)) ?? []) begin(message);
    },
    settled: async () => {
      await Promise.all(underWay);
    },
    close: () => webhook.close(),
  };
}

async function unlessFaulty<Result>(
  act: () => Promise<Result | undefined>,
  instead: Result | undefined,
  onFault: (why: string) => void,
): Promise<Result | undefined> {
  try {
    return await act();
  } catch (thrown) {
    onFault(`what was told before cannot be read or kept: ${toPointsmanError(thrown).message}`);
    return instead;
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
