import type { At } from '../domain/time.ts';

/** Readers for rows that others wrote: a field of the wrong type is absent, never an error. */
export type Row = Readonly<Record<string, unknown>>;

export function asRow(value: unknown): Row | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined;
}

export function rowAt(row: Row | undefined, key: string): Row | undefined {
  return row === undefined ? undefined : asRow(row[key]);
}

export function textAt(row: Row | undefined, key: string): string | undefined {
  const value = row?.[key];
  return typeof value === 'string' ? value : undefined;
}

export function listAt(row: Row | undefined, key: string): readonly unknown[] {
  const value = row?.[key];
  return Array.isArray(value) ? value : [];
}

/** The rows of a list; everything else in it is skipped. */
export function rowsAt(row: Row | undefined, key: string): readonly Row[] {
  return listAt(row, key)
    .map(asRow)
    .filter((item) => item !== undefined);
}

/** A whole, non-negative number; anything else, NaN and fractions included, is absent. */
export function countAt(row: Row | undefined, key: string): number | undefined {
  const value = row?.[key];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function numberAt(row: Row | undefined, key: string): number | undefined {
  const value = row?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Earliest and latest moment that a log of ours can speak of; what lies outside is a broken time stamp. */
const EARLIEST_AT = Date.UTC(2015, 0, 1);
const LATEST_AT = Date.UTC(2100, 0, 1);

/** An ISO 8601 text, epoch milliseconds or epoch seconds. */
function toAt(value: unknown): At | undefined {
  let at: number;
  if (typeof value === 'string') at = Date.parse(value);
  else if (typeof value === 'number') at = value < LATEST_AT / 1000 ? value * 1000 : value;
  else return undefined;
  return at >= EARLIEST_AT && at < LATEST_AT ? Math.round(at) : undefined;
}

export function atOf(row: Row | undefined, key: string): At | undefined {
  return toAt(row?.[key]);
}
