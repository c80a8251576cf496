import { HOUR_MS, type At } from '../domain/time.ts';
import { calendarDay } from '../stats/calendar-day.ts';
import type { SpentCall } from './spent-call.ts';

/** What a table of spending has a row for. */
export const GROUPINGS = ['day', 'week', 'month', 'project', 'model', 'harness', 'key', 'session', 'block'] as const;
export type Grouping = (typeof GROUPINGS)[number];

const UNDATED = 'no date';
const UNKNOWN: Readonly<Record<'project' | 'key', string>> = { project: '(unknown)', key: '(no key)' };

/**
 * The row of a call. `block` is not told call by call: see `blocksOf`.
 * @param timeZone IANA name, such as `Europe/Lisbon`
 */
export function groupKeyOf(by: Exclude<Grouping, 'block'>, timeZone: string): (call: SpentCall) => string {
  if (by === 'day' || by === 'week' || by === 'month') {
    const dayOf = calendarDay(timeZone);
    return ({ at }) => (at === undefined ? UNDATED : dateKey(by, at, dayOf));
  }
  if (by === 'project' || by === 'key') return (call) => call[by] ?? UNKNOWN[by];
  if (by === 'session') return (call) => `${call.harness} ${call.sessionId}`;
  return (call) => call[by];
}

/** `2026-11-29`, `2026-W48` (ISO 8601, weeks begin on Monday), `2026-11`. */
function dateKey(by: 'day' | 'week' | 'month', at: At, day: (at: At) => string): string {
  const date = day(at);
  if (by === 'day') return date;
  return by === 'month' ? date.slice(0, 7) : weekOf(date);
}

const DAY = 24 * HOUR_MS;

/** The ISO week that a date lies in: that of its Thursday. */
function weekOf(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  const thursday = at + (3 - ((new Date(at).getUTCDay() + 6) % 7)) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  const week = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

const BLOCK_MS = 5 * HOUR_MS;

/**
 * Five-hour blocks, as subscriptions are metered: one begins with the full hour of its first call, the next with the first call after
 * it has ended or after five idle hours. Calls without a time are in none.
 */
export function blocksOf(calls: readonly SpentCall[]): ReadonlyMap<SpentCall, string> {
  const timed = calls.filter((call) => call.at !== undefined).toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const keys = new Map<SpentCall, string>();
  let startedAt = -Infinity;
  let lastAt = -Infinity;
  for (const call of timed) {
    const at = call.at ?? 0;
    if (at - startedAt >= BLOCK_MS || at - lastAt >= BLOCK_MS) startedAt = Math.floor(at / HOUR_MS) * HOUR_MS;
    lastAt = at;
    keys.set(call, new Date(startedAt).toISOString().slice(0, 16).replace('T', ' '));
  }
  return keys;
}
