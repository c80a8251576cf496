import { SECOND_MS, type Ms } from '../../../domain/time.ts';

/**
 * How long a vendor asks us to wait: `retry-after-ms`, else `retry-after` in seconds or as a date. `undefined` when it
 * says nothing that can be read.
 */
export function retryAfterMs(header: (name: string) => string | null, nowMs: Ms): Ms | undefined {
  const exact = parseNumber(header('retry-after-ms'));
  if (exact !== undefined) return exact;
  const text = header('retry-after');
  const seconds = parseNumber(text);
  if (seconds !== undefined) return seconds * SECOND_MS;
  const at = text === null || !/[a-z]/iu.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function parseNumber(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
