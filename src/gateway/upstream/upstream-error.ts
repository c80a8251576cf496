import type { ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Wire } from '../../domain/model.ts';
import type { Ms } from '../../domain/time.ts';
import { KEY_INVALID, classifyFailure, reasonIn } from '../../wires/shared/errors/classify-error.ts';
import { isContextOverflow } from '../../wires/shared/errors/context-overflow.ts';
import { toRefusal, refuse, type Refusal } from '../../wires/shared/errors/refusal.ts';
import { retryAfterInError } from '../../wires/shared/errors/retry-after.ts';
import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';

interface WireError {
  /** The error as it is. */
  readonly fields: Fields;
  /** The status that the body itself names, as Google's do. */
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/**
 * What an error body says, in any of the shapes that vendors and servers use: `{error: {…}}`, a list of such (Google),
 * `{error: "…"}`, `{message}` (vLLM, Mistral), `{detail}` as text or as a list of faults (FastAPI). Read 2026-11.
 */
function wireErrorIn(body: Buffer): WireError {
  const parsed = parsedJson(body);
  const whole = fieldsIn(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = fieldsIn(whole['error']);
  return {
    fields: { ...whole, ...error },
    status: numberIn(error['code']),
    type: textIn(error['type']) ?? textIn(whole['type']),
    code: textIn(error['code']) ?? textIn(whole['code']) ?? reasonIn(error) ?? textIn(error['status']),
    message:
      textIn(error['message']) ??
      textIn(whole['error']) ??
      textIn(whole['message']) ??
      detailIn(whole['detail']) ??
      (parsed === undefined ? plainWordsIn(body) : undefined),
  };
}

/** How Anthropic turns an account without means away: as `invalid_request_error`, with 400. Read 2026-11. */
const NO_MEANS = /^Your credit balance is too low/u;

/** The status that a refusal should have had: a key that is turned away is 401, an account without means 402, whatever its vendor calls it. */
export function trueStatus(status: number, body: Buffer): number {
  if (status !== 400) return status;
  const { code, message } = wireErrorIn(body);
  if (code === KEY_INVALID) return 401;
  return NO_MEANS.test(message ?? '') ? 402 : 400;
}

function detailIn(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail;
  const faults = listIn(detail).map((raw) => {
    const fault = fieldsIn(raw);
    const place = listIn(fault['loc']).map(String).join('.');
    const what = textIn(fault['msg']) ?? '';
    return place === '' ? what : `${place}: ${what}`;
  });
  return faults.length === 0 ? undefined : faults.join('; ').slice(0, 2000);
}

const MAX_PLAIN_CHARS = 500;

/** What a proxy on the way says in plain words; a page for people is none. */
function plainWordsIn(body: Buffer): string | undefined {
  const text = body
    .subarray(0, 4 * MAX_PLAIN_CHARS)
    .toString('utf8')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  if (text === '' || /[<{\p{Cc}\uFFFD]/u.test(text)) return undefined;
  return text.slice(0, MAX_PLAIN_CHARS);
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** How long an error itself asks to wait, where its headers say nothing. */
export function waitInBody(body: Buffer): Ms | undefined {
  const { fields, message } = wireErrorIn(body);
  return retryAfterInError({ ...fields, message });
}

/** Whether a refused request was too long for the model. */
export function isOverflow(status: number, body: Buffer): boolean {
  const { code, message } = wireErrorIn(body);
  return isContextOverflow({ status, code, message });
}

/** The status that an error at the start of a 200 stream would have had. Vendors' error pages, read 2026-11. */
export function streamErrorStatus(data: Buffer): number {
  const { status: named, type, code, message } = wireErrorIn(data);
  const names = [type, code];
  const numeric = [named ?? Number.NaN, ...names.map(Number)].find((status) => status >= 400 && status < 600);
  if (numeric !== undefined) return numeric;
  if (names.includes('overloaded_error')) return 529;
  if (names.some((name) => name !== undefined && /rate_limit|RESOURCE_EXHAUSTED/u.test(name))) return 429;
  if (isContextOverflow({ status: 400, code, message })) return 400;
  if (names.some((name) => name !== undefined && /invalid|not_found|permission|authentication/u.test(name))) return 400;
  return 503;
}

/** What the endpoint's refusal means, with the vendor's own wording. */
export function upstreamError(
  status: number,
  headers: UpstreamAnswer['headers'],
  body: Buffer,
  now: number,
): PointsmanError {
  const { fields, type, code, message } = wireErrorIn(body);
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return classifyFailure({ status, type, code, message, error: fields, header, nowMs: now });
}

export interface OverflowSizes {
  readonly promptTokens: number;
  readonly limitTokens: number;
}

/** The same failure in the dialect of a caller that speaks another wire format; an overflow in the words it acts on. */
export function refusalFor(wire: Wire, error: PointsmanError, sizes: OverflowSizes): Refusal {
  if (error.code === 'context-overflow') {
    const counts = /(\d{4,})\D+(\d{4,})/u.exec(error.message);
    const prompt = Number(counts?.[1] ?? Math.max(sizes.promptTokens, sizes.limitTokens + 1));
    const limit = Number(counts?.[2] ?? sizes.limitTokens);
    const message = WIRE_FORMATS[wire].overflowMessage(Math.max(prompt, limit), Math.min(prompt, limit));
    return refuse(400, 'context-overflow', message);
  }
  const refusal = toRefusal(error);
  // The hint speaks to whoever runs the gateway; a caller gets the vendor's own words.
  return { ...refusal, message: refusal.kind === 'internal' ? refusal.message : error.message };
}

/** A vendor turned our own key away: for whoever runs the gateway to mend. */
export function keyRefused({ id, apiKeyName }: ConfiguredEndpoint): PointsmanError {
  return new PointsmanError('provider-auth', `The endpoint "${id}" refused the gateway's key.`, {
    hint: `Put a valid key into ${apiKeyName} where "pointsman serve" runs, and start it again.`,
  });
}
