import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { isDay, type At } from '../../domain/time.ts';
import { CLIENTS, type ClientName } from '../../sessions/session-trace.ts';
import { spanMs } from './age.ts';
import { toNumber } from './job-arguments.ts';

/** What `pointsman replay` understands. */
export interface ReplayArguments {
  readonly paths: readonly string[];
  readonly from: ClientName | undefined;
  readonly policies: readonly string[];
  readonly withRivals: boolean;
  readonly pool: string | undefined;
  readonly sinceAt: At | undefined;
  readonly html: string | undefined;
  readonly json: 'stdout' | { readonly file: string } | undefined;
  readonly failUnderRatio: number | undefined;
  readonly withDial: boolean;
  readonly withOptimum: boolean;
  readonly withText: boolean;
  /** What logs came to may be kept for the next run. */
  readonly withCache: boolean;
  readonly configFile: string | undefined;
}

/** @throws PointsmanError `request-invalid`, `not-found` for an unknown client */
export function parseReplayArguments(args: readonly string[], now: At): ReplayArguments {
  const { values, positionals } = parseArgs({
    // `--json` alone prints; with `=FILE` it writes. node:util knows no option whose value may be absent.
    args: args.map((arg) => (arg.startsWith('--json=') ? arg.replace('--json=', '--json-file=') : arg)),
    allowPositionals: true,
    allowNegative: true,
    options: {
      from: { type: 'string' },
      policy: { type: 'string', multiple: true, default: [] },
      rivals: { type: 'boolean', default: false },
      pool: { type: 'string' },
      since: { type: 'string' },
      html: { type: 'string' },
      json: { type: 'boolean', default: false },
      'json-file': { type: 'string' },
      'fail-under': { type: 'string' },
      dial: { type: 'boolean', default: true },
      optimum: { type: 'boolean', default: true },
      'with-text': { type: 'boolean', default: false },
      cache: { type: 'boolean', default: true },
      config: { type: 'string' },
    },
  });
  const file = values['json-file'];
  return {
    paths: positionals,
    from: clientOf(values.from),
    policies: values.policy,
    withRivals: values.rivals,
    pool: values.pool,
    sinceAt: values.since === undefined ? undefined : parseSince(values.since, now),
    html: values.html,
    json: file === undefined ? (values.json ? 'stdout' : undefined) : { file },
    failUnderRatio: ratioOf(values['fail-under']),
    withDial: values.dial,
    withOptimum: values.optimum,
    withText: values['with-text'],
    withCache: values.cache,
    configFile: values.config,
  };
}

/**
 * `36h`, `30d`, `4w` before now, or a date such as `2026-11-01` (UTC).
 * @throws PointsmanError `request-invalid`
 */
export function parseSince(text: string, now: At, option = '--since'): At {
  const span = spanMs(text);
  if (span !== undefined) return now - span;
  const day = /^\d{4}-\d{2}-\d{2}/u.exec(text)?.[0];
  const at = day !== undefined && isDay(day) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new PointsmanError(
    'request-invalid',
    `${option} takes a span such as 36h, 30d or 4w, or a date; "${text}" is neither.`,
  );
}

/** @throws PointsmanError `not-found` */
export function clientOf(name: string | undefined): ClientName | undefined {
  if (name === undefined) return undefined;
  const client = CLIENTS.find((one) => one === name);
  if (client !== undefined) return client;
  throw new PointsmanError('not-found', `No client is called "${name}".${didYouMean(name, CLIENTS)}`, {
    hint: `Known: ${CLIENTS.join(', ')}.`,
  });
}

/** A share: 0.1 and 10% mean the same. */
function ratioOf(text: string | undefined): number | undefined {
  const isPercent = text?.endsWith('%') === true;
  const value = toNumber('--fail-under', isPercent ? text?.slice(0, -1) : text);
  if (value === undefined) return undefined;
  const ratio = isPercent ? value / 100 : value;
  if (Math.abs(ratio) <= 1) return ratio;
  throw new PointsmanError(
    'request-invalid',
    `--fail-under takes a share of the bill, such as 0.1 or 10%; ${text} is more than all of it.`,
  );
}
