import { formatUsd, roundNanoUsd } from '../../domain/money.ts';
import type { Interval } from '../../stats/interval.ts';

/** `$1.23`, from nano-dollars that may be a float. */
export function usd(nanoUsd: number): string {
  return formatUsd(roundNanoUsd(nanoUsd));
}

/** `−12.3 %`, with the sign always shown; a loss is as large as a gain. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value > 0 ? '+' : value < 0 ? '−' : ' '}${Math.abs(value).toFixed(1)} %`;
}

/** `[−14.1, −9.8]`, or nothing where there is no interval. */
export function percentInterval(interval: Interval | undefined): string {
  if (interval === undefined) return '';
  return `[${signed(interval.low * 100)}, ${signed(interval.high * 100)}]`;
}

/** `12.3k`, `4.5M`: tokens for people. */
export function tokens(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** `2026-11-21 20:48` in UTC; a dash for a time the log does not carry. */
export function moment(at: number | undefined): string {
  return at === undefined ? '–' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

function signed(value: number): string {
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(1)}`;
}

/** `1 call`, `2 calls`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
