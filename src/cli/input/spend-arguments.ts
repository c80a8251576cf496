import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { At } from '../../domain/time.ts';
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
  readonly form: 'text' | 'json' | 'csv';
  readonly configFile: string | undefined;
}

/** @throws PointsmanError `request-invalid`, `not-found` for an unknown client */
export function parseSpendArguments(args: readonly string[], now: At): SpendArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      by: { type: 'string', default: 'day' },
      since: { type: 'string' },
      until: { type: 'string' },
      only: { type: 'string' },
      from: { type: 'string' },
      timezone: { type: 'string' },
      live: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      csv: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  if (values.json && values.csv) throw invalid('--json and --csv exclude each other.');
  if (values.live && (values.json || values.csv)) throw invalid('--live shows text only.');
  return {
    paths: positionals,
    by: oneOf('--by', values.by, GROUPINGS),
    sinceAt: values.since === undefined ? undefined : parseSince(values.since, now),
    untilAt: values.until === undefined ? undefined : parseSince(values.until, now, '--until'),
    only: values.only === undefined ? undefined : oneOf('--only', values.only, ['jobs', 'gateway', 'logs'] as const),
    from: clientOf(values.from),
    timeZone: zoneOf(values.timezone),
    live: values.live,
    form: values.json ? 'json' : values.csv ? 'csv' : 'text',
    configFile: values.config,
  };
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
