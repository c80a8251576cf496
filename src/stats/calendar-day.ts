/**
 * The calendar day of a moment, as `2026-11-29`.
 * @param timeZone IANA name, such as `Europe/Lisbon`
 * @throws RangeError for a name that is none
 */
export function calendarDay(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => format.format(at);
}
