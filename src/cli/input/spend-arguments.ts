import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { isDay, type At } from '../../domain/time.ts';
import type { ClientName } from '../../sessions/session-trace.ts';
import { GROUPINGS, type Grouping } from '../../spend/group-key.ts';
import { clientOf, parseSince } from './replay-arguments.ts';

/** What `pointsman spend` understands. */
export interface SpendArguments {
  readonly paths: readonly string[];
  readonly by: Grouping;
  readonly sinceAt: At | undefined;
  readonly untilAt: At | undefined;
  readonly only: 'jobs' | 'gateway' | 'logs' | undefined;
  readonly from: ClientName | undefined;
  readonly timeZone: string;
  readonly live: boolean;
  /** What logs came to may be kept for the next run. */
  readonly withCache: boolean;
  readonly form: 'text' | 'json' | 'csv';
  readonly configFile: string | undefined;
}

/** @throws PointsmanError `request-invalid`, `not-found` for an unknown client */
export function parseSpendArguments(args: readonly string[], now: At): SpendArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    allowNegative: true,
    options: {
      by: { type: 'string', default: 'day' },
      since: { type: 'string' },
      until: { type: 'string' },
      only: { type: 'string' },
      from: { type: 'string' },
      timezone: { type: 'string' },
      live: { type: 'boolean', default: false },
      cache: { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
      csv: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  if (values.json && values.csv) throw invalid('--json and --csv exclude each other.');
  if (values.live && (values.json || values.csv)) throw invalid('--live shows text only.');
  const timeZone = zoneOf(values.timezone);
  const momentOf = (option: '--since' | '--until', text: string | undefined): At | undefined =>
    text === undefined ? undefined : isDay(text) ? startOfDay(text, timeZone) : parseSince(text, now, option);
  return {
    paths: positionals,
    by: oneOf('--by', values.by, GROUPINGS),
    sinceAt: momentOf('--since', values.since),
    untilAt: momentOf('--until', values.until),
    only: values.only === undefined ? undefined : oneOf('--only', values.only, ['jobs', 'gateway', 'logs'] as const),
    from: clientOf(values.from),
    timeZone,
    live: values.live,
    withCache: values.cache,
    form: values.json ? 'json' : values.csv ? 'csv' : 'text',
    configFile: values.config,
  };
}

/** A date means the day that the table has a row for: midnight of the zone, not of UTC. */
function startOfDay(date: string, timeZone: string): At {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const offsetMs = (at: At): number =>
    Date.parse(`${new Date(at).toLocaleString('en-US', { timeZone, hourCycle: 'h23' })} UTC`) - at;
  return midnight - offsetMs(midnight - offsetMs(midnight));
}

function oneOf<Word extends string>(option: string, word: string, words: readonly Word[]): Word {
  const found = words.find((one) => one === word);
  if (found !== undefined) return found;
  throw invalid(`${option} takes one of ${words.join(', ')}; "${word}" is none.${didYouMean(word, words)}`);
}

function zoneOf(name: string | undefined): string {
  try {
    return new Intl.DateTimeFormat('en-CA', name === undefined ? {} : { timeZone: name }).resolvedOptions().timeZone;
  } catch (cause) {
    throw new PointsmanError('request-invalid', `No time zone is called "${name}".`, {
      cause,
      hint: 'Use an IANA name, such as Europe/Lisbon or UTC.',
    });
  }
}

function invalid(message: string): PointsmanError {
  return new PointsmanError('request-invalid', message, { hint: 'See "pointsman spend --help".' });
}
