import { PointsmanError } from '../domain/errors.ts';
import { DAY_MS, type At } from '../domain/time.ts';
import type { CallFilter } from '../recorder/store-views.ts';
import type { Viewer } from './page-source.ts';

const MAX_DAYS = 3660;
const MAX_TEXT = 200;
const FILTERED = ['model', 'endpoint', 'key', 'harness', 'text'] as const;

/**
 * A whole number of a query, or the default where it is not given.
 * @throws PointsmanError `request-invalid`
 */
export function wholeIn(query: URLSearchParams, name: string, range: NumberRange): number {
  const text = query.get(name);
  if (text === null || text === '') return range.default;
  const value = Number(text);
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw new PointsmanError('request-invalid', `"${name}" takes a whole number from ${range.min} to ${range.max}.`);
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** `undefined`: it is not given. @throws PointsmanError `request-invalid` for one that is too long */
export function textOf(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name) ?? '';
  if (text.length > MAX_TEXT) throw new PointsmanError('request-invalid', `"${name}" is too long.`);
  return text === '' ? undefined : text;
}

/** What is asked for, and no more than the viewer may see. @throws PointsmanError `request-invalid` */
export function filterOf(query: URLSearchParams, viewer: Viewer, now: At): CallFilter {
  const days = wholeIn(query, 'days', { min: 1, max: MAX_DAYS, default: 30 });
  const texts = FILTERED.flatMap((name) => {
    const text = textOf(query, name);
    return text === undefined ? [] : [[name, text]];
  });
  const asked = { sinceAt: now - days * DAY_MS, ...Object.fromEntries(texts) } as CallFilter;
  return viewer.sees === 'all' ? asked : { ...asked, key: viewer.name };
}

/** @throws PointsmanError `request-invalid` for a zone that is none */
export function timeZoneOf(query: URLSearchParams): string {
  const zone = textOf(query, 'zone') ?? 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new PointsmanError('request-invalid', 'The time zone is not known.');
  }
}
