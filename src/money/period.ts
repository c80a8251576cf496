import { DAY_MS, type At } from '../domain/time.ts';

/** In UTC; a week begins on Monday. */
export const PERIODS = ['day', 'week', 'month', 'total'] as const;
export type Period = (typeof PERIODS)[number];

/** Days since 1970-01-01 UTC: what is spent is kept by the day. */
export function dayOf(at: At): number {
  return Math.floor(at / DAY_MS);
}

/** First day of the period that a moment lies in. What was spent later counts too: a clock that is set back renews nothing. */
export function firstDay(period: Period, at: At): number {
  const day = dayOf(at);
  switch (period) {
    case 'day':
      return day;
    case 'week':
      // 1970-01-01 was a Thursday.
      return day - ((((day + 3) % 7) + 7) % 7);
    case 'month':
      return day - (new Date(at).getUTCDate() - 1);
    case 'total':
      return Number.MIN_SAFE_INTEGER;
  }
}

/** When the next period begins. `undefined`: never. */
export function renewalOf(period: Period, at: At): At | undefined {
  switch (period) {
    case 'day':
      return (firstDay(period, at) + 1) * DAY_MS;
    case 'week':
      return (firstDay(period, at) + 7) * DAY_MS;
    case 'month': {
      const date = new Date(at);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    }
    case 'total':
      return undefined;
  }
}
