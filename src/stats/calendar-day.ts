/** A quarter of an hour lies in one day of any zone. */
const STRETCH_MS = 15 * 60_000;

/**
 * The calendar day of a moment, as `2026-11-29`. Made once for many moments: making it takes longer than a thousand answers, and many
 * moments lie in one quarter of an hour, whose day is remembered.
 * @param timeZone IANA name, such as `Europe/Lisbon`
 * @throws RangeError for a name that is none
 */
export function calendarDay(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const days = new Map<number, string>();
  return (at) => {
    const start = Math.floor(at / STRETCH_MS) * STRETCH_MS;
    let day = days.get(start);
    if (day === undefined) days.set(start, (day = format.format(start)));
    return day;
  };
}
