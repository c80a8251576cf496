import { z } from 'zod';
import type { Config, StoreConfig } from '../../config/config.ts';
import type { At } from '../../domain/time.ts';
import { ALARM_CODES, type Alarm } from '../../learn/alarms/alarm.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { withKeptText } from '../stores/kept-text.ts';

/** What the receiver of alarms was told by all processes over one store: gateways, workers, jobs and MCP. */
export interface PostedAlarms {
  /** Told as raised, and not as lowered since. */
  standing(): Promise<readonly Alarm[]>;
  /** True for the one process that is to tell this. */
  claim(event: 'raised' | 'lowered', alarm: Alarm, at: At): Promise<boolean>;
}

const NAMES = { name: 'posted-alarms', fileName: 'posted-alarms.json' } as const;
const MOST_POSTED = 500;

const fileSchema = z.object({
  v: z.literal(1),
  posted: z.array(
    z.object({
      event: z.enum(['raised', 'lowered']),
      at: z.number(),
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
type PostedFile = z.infer<typeof fileSchema>['posted'];

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
  return {
    standing: async () =>
      withKeptText(place, NAMES, async (kept) =>
        postedIn(await kept.read()).flatMap(({ event, alarm }) => (event === 'raised' ? [alarm] : [])),
      ),
    claim: async (event, alarm, at) =>
      withKeptText(place, NAMES, async (kept) => {
        let isFirst = false;
        await kept.change((text) => {
          const posted = postedIn(text);
          const last = posted.findLast((one) => one.alarm.code === alarm.code && one.alarm.of === alarm.of);
          isFirst = event === 'lowered' ? last?.event === 'raised' : isNews(last, alarm);
          const others = posted.filter((one) => one !== last);
          const next = isFirst ? [...others, { event, at, alarm }].slice(-MOST_POSTED) : posted;
          return `${JSON.stringify({ v: 1, posted: next })}\n`;
        });
        return isFirst;
      }),
  };
}

/** What another process has told as lowered is not raised again by one that has looked at less. */
function isNews(last: PostedFile[number] | undefined, alarm: Alarm): boolean {
  return last === undefined || (last.event === 'lowered' && alarm.sinceAt > last.at);
}

function postedIn(text: string | undefined): PostedFile {
  if (text === undefined) return [];
  try {
    return fileSchema.parse(JSON.parse(text)).posted;
  } catch {
    return [];
  }
}
