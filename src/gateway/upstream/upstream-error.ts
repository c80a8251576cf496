import type { ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Wire } from '../../domain/model.ts';
import { classifyFailure } from '../../wires/shared/classify-error.ts';
import { isContextOverflow } from '../../wires/shared/context-overflow.ts';
import { fieldsIn, parseFields, textIn } from '../../wires/shared/fields.ts';
import { refusalOf, refuse, type Refusal } from '../../wires/shared/refusal.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import type { UpstreamAnswer } from './upstream.ts';

interface WireError {
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** `error` of a body in either vendor's shape. */
function wireErrorIn(body: Buffer): WireError {
  const parsed = parseFields(body.toString('utf8'));
  const error = fieldsIn(parsed?.['error']);
  return {
    type: textIn(error['type']),
    code: textIn(error['code']),
    message: textIn(error['message']) ?? textIn(parsed?.['message']),
  };
}

/** Whether a refused request was too long for the model. */
export function isOverflow(status: number, body: Buffer): boolean {
  const { code, message } = wireErrorIn(body);
  return isContextOverflow({ status, code, message });
}

/** What the endpoint's refusal means, with the vendor's own wording. */
export function upstreamError(
  status: number,
  headers: UpstreamAnswer['headers'],
  body: Buffer,
  now: number,
): PointsmanError {
  const { type, code, message } = wireErrorIn(body);
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return classifyFailure({ status, type, code, message, header, nowMs: now });
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
  const refusal = refusalOf(error);
  // The hint speaks to whoever runs the gateway; a caller gets the vendor's own words.
  return { ...refusal, message: refusal.kind === 'internal' ? refusal.message : error.message };
}

/** A vendor turned our own key away: for whoever runs the gateway to mend. */
export function keyRefused({ id, apiKeyName }: ConfiguredEndpoint): PointsmanError {
  return new PointsmanError('provider-auth', `The endpoint "${id}" refused the gateway's key.`, {
    hint: `Put a valid key into ${apiKeyName} where "pointsman serve" runs, and start it again.`,
  });
}
