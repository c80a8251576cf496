/** Dollars from billionths: cents for what people pay, more digits for what one call costs. */
export function usd(nano: number | undefined): string {
  if (nano === undefined) return '?';
  const dollars = nano / 1e9;
  const size = Math.abs(dollars);
  const digits = size === 0 || size >= 0.095 ? 2 : size >= 0.000_1 ? 4 : 6;
  return `${dollars < 0 ? '−' : ''}$${size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

export function tokens(count: number | undefined): string {
  if (count === undefined) return '?';
  if (count < 10_000) return String(Math.round(count));
  return count < 10_000_000 ? `${Math.round(count / 1000)}k` : `${(count / 1e6).toFixed(1)}M`;
}

export function percent(ratio: number | undefined): string {
  return ratio === undefined || !Number.isFinite(ratio) ? '–' : `${Math.round(100 * ratio)} %`;
}

export function ms(duration: number | undefined): string {
  if (duration === undefined) return '–';
  return duration < 1000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`;
}

export function span(duration: number): string {
  const minutes = Math.round(duration / 60_000);
  if (minutes < 90) return `${minutes} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} days`;
}

/** In the reader's own zone, as ISO says it: sorts, and is read the same everywhere. */
export function time(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const isToday = new Date().toDateString() === date.toDateString();
  return isToday ? clock : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A long id, short enough for a table; the whole of it stands in its title. */
export function short(id: string): string {
  return id.length > 22 ? `${id.slice(0, 12)}…${id.slice(-6)}` : id;
}
