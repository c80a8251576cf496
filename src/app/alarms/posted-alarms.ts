import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Config, StoreConfig } from '../../config/config.ts';
import { MINUTE_MS, type At, type Ms } from '../../domain/time.ts';
import { ALARM_CODES, type Alarm } from '../../learn/alarms/alarm.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { withKeptText } from '../stores/kept-text.ts';
import type { AlarmMessage } from './alarm-webhook.ts';

/** What the receiver of alarms was told by all processes over one store: gateways, workers, jobs and MCP. */
export interface PostedAlarms {
  /** Told as raised, or to be told, and not as lowered since. */
  standing(): Promise<readonly Alarm[]>;
  /** The message for the one process that is to send it. */
  claim(event: AlarmMessage['event'], alarm: Alarm, at: At): Promise<AlarmMessage | undefined>;
  /** Messages that did not arrive and are to be sent again now, for the one process that is to send them. */
  due(at: At): Promise<readonly AlarmMessage[]>;
  /** What came of one. `again`: it becomes due once more. */
  settle(id: string, isDelivered: boolean, at: At): Promise<'delivered' | 'again' | 'given up'>;
}

/** Whoever took a message up and has not said what came of it by then was killed. */
const LEASE_MS: Ms = 30 * MINUTE_MS;
/** Pauses before a message is sent again that did not arrive. */
const PAUSES_MS: readonly Ms[] = [1, 5, 15, 60, 240].map((minutes) => minutes * MINUTE_MS);

const NAMES = { name: 'posted-alarms', fileName: 'posted-alarms.json' } as const;
const MOST_POSTED = 500;

const fileSchema = z.object({
  v: z.literal(1),
  posted: z.array(
    z.object({
      id: z.string().default(''),
      event: z.enum(['raised', 'lowered']),
      at: z.number(),
      /** Absent: it arrived, or was given up. */
      open: z.object({ tries: z.number(), dueAt: z.number() }).optional(),
      alarm: z.object({
        code: z.enum(ALARM_CODES),
        of: z.string(),
        sinceAt: z.number(),
        usual: z.number(),
        now: z.number(),
      }),
    }),
  ),
});
type Posted = z.infer<typeof fileSchema>['posted'][number];

/** Of whoever was given a folder for its store, or goes by the configuration; `undefined`: nobody is told. */
export function postedAlarmsFor(
  { store }: { readonly store?: PointsmanOptions['store'] | undefined },
  config: Pick<Config, 'store' | 'alarms'>,
): PostedAlarms | undefined {
  if (config.alarms === undefined) return undefined;
  return postedAlarmsIn(store === undefined || store === 'memory' ? config.store : { kind: 'sqlite', dir: store.dir });
}

/** In the store's folder, or a document of a PostgreSQL store. One that cannot be read is begun anew: an alarm told twice is better than none. */
export function postedAlarmsIn(place: StoreConfig): PostedAlarms {
  const read = async (): Promise<readonly Posted[]> =>
    withKeptText(place, NAMES, async (kept) => postedIn(await kept.read()));
  const edit = async <Result>(
    act: (posted: readonly Posted[]) => { readonly posted: readonly Posted[]; readonly result: Result },
  ): Promise<Result> =>
    withKeptText(place, NAMES, async (kept) => {
      let result: Result | undefined;
      await kept.change((text) => {
        const edited = act(postedIn(text));
        ({ result } = edited);
        return `${JSON.stringify({ v: 1, posted: edited.posted })}\n`;
      });
      return result as Result;
    });
  return {
    standing: async () => (await read()).flatMap(({ event, alarm }) => (event === 'raised' ? [alarm] : [])),
    claim: async (event, alarm, at) =>
      edit((posted) => {
        const last = posted.findLast((one) => one.alarm.code === alarm.code && one.alarm.of === alarm.of);
        const isFirst = event === 'lowered' ? last?.event === 'raised' : isNews(last, alarm);
        if (!isFirst) return { posted, result: undefined };
        const message = { id: randomUUID(), event, at, alarm };
        const others = posted.filter((one) => one !== last);
        return { posted: [...others, { ...message, open: takenUp(1, at) }].slice(-MOST_POSTED), result: message };
      }),
    due: async (at) => {
      const isDue = ({ open }: Posted): boolean =>
        open !== undefined && open.dueAt <= at && open.tries <= PAUSES_MS.length;
      // Seldom is anything, and then nothing is written.
      if (!(await read()).some(isDue)) return [];
      return edit((posted) => ({
        posted: posted.map((one) => (isDue(one) ? { ...one, open: takenUp((one.open?.tries ?? 0) + 1, at) } : one)),
        result: posted.filter(isDue).map(({ id, event, at: since, alarm }) => ({ id, event, at: since, alarm })),
      }));
    },
    settle: async (id, isDelivered, at) =>
      edit((posted) => {
        const tries = posted.find((one) => one.id === id)?.open?.tries;
        const pause = isDelivered || tries === undefined ? undefined : PAUSES_MS[tries - 1];
        const open = pause === undefined ? undefined : { tries: tries ?? 1, dueAt: at + pause };
        return {
          posted: posted.map((one) => (one.id === id ? { ...one, open } : one)),
          result: isDelivered ? 'delivered' : open === undefined ? 'given up' : 'again',
        };
      }),
  };
}

function takenUp(tries: number, at: At): NonNullable<Posted['open']> {
  return { tries, dueAt: at + LEASE_MS };
}

/** What another process has told as lowered is not raised again by one that has looked at less. */
function isNews(last: Posted | undefined, alarm: Alarm): boolean {
  return last === undefined || (last.event === 'lowered' && alarm.sinceAt > last.at);
}

function postedIn(text: string | undefined): readonly Posted[] {
  if (text === undefined) return [];
  try {
    return fileSchema.parse(JSON.parse(text)).posted;
  } catch {
    return [];
  }
}
