import { HOUR_MS, MINUTE_MS, SECOND_MS, type Ms } from '../../../domain/time.ts';
import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../fields.ts';

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

/**
 * The same where the error itself says it: Google's `RetryInfo`, a field of AWS's services, or the sentence of a refusal for limits.
 * `undefined` when it says nothing that can be read.
 */
export function retryAfterInError(error: Fields): Ms | undefined {
  const seconds = numberIn(error['retryAfterSeconds']) ?? numberIn(error['retry_after']);
  if (seconds !== undefined && seconds >= 0) return seconds * SECOND_MS;
  const delays = listIn(error['details']).map((detail) => durationMs(textIn(fieldsIn(detail)['retryDelay'])));
  return delays.find((delay) => delay !== undefined) ?? retryAfterInWords(textIn(error['message']) ?? '');
}

/** A duration in Google's JSON: `34.07s`. google.rpc.RetryInfo and protobuf's Duration, read 2026-11. */
function durationMs(text: string | undefined): Ms | undefined {
  const seconds = /^(\d{1,12}(?:\.\d{1,9})?)s$/u.exec(text ?? '')?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * SECOND_MS);
}

/**
 * OpenAI and Groq, "Please try again in 1m2.5s." and "in 20ms."; Gemini, "Please retry in 34.07s."; Azure OpenAI, "Please retry after
 * 26 seconds."; Bedrock, "Too many tokens per day, please wait before trying again." names no time, but a day's limit does not come
 * back within the minute that others take. Error pages of the vendors, read 2026-11.
 */
function retryAfterInWords(message: string): Ms | undefined {
  const said =
    /\b(?:try again|retry) (?:in|after) ((?:\d{1,9}(?:\.\d{1,9})? ?(?:ms|h|m|s|seconds?|minutes?)){1,3})(?![a-z])/iu;
  const span = said.exec(message)?.[1];
  if (span !== undefined) {
    const pieces = [...span.matchAll(/(\d+(?:\.\d+)?) ?(ms|h|m|s)/giu)];
    return Math.round(pieces.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0));
  }
  return /^Too many (?:tokens|requests) per day\b/u.test(message) ? HOUR_MS : undefined;
}

const UNITS: Readonly<Record<string, Ms>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS };

function parseNumber(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
