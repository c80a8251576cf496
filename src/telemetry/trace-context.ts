import { createHash } from 'node:crypto';

/** Where a span stands, as W3C Trace Context says it (Recommendation of 2021-11-23, level 1). */
export interface TraceParent {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u;
const NOTHING = /^0+$/u;
const MAX_CHARS = 512;

/** Reads a `traceparent`. `undefined`: there is none, or it is not one; whoever gets such begins a trace of their own. */
export function parseTraceParent(text: unknown): TraceParent | undefined {
  if (typeof text !== 'string' || text.length > MAX_CHARS) return undefined;
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = match;
  const isKnown = version === '00' ? more === undefined : version !== 'ff';
  if (!isKnown || NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceParent({ traceId, spanId, isSampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** The trace of what has no caller with one: made from its own id, so that every process and every resumption makes the same. */
export function traceIdOf(...of: readonly (string | number)[]): string {
  return digest('trace', of).slice(0, 32);
}

export function spanIdOf(...of: readonly (string | number)[]): string {
  return digest('span', of).slice(0, 16);
}

function digest(what: string, of: readonly (string | number)[]): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([what, ...of]))
    .digest('hex');
  // All zeros are no id.
  return /^0{16}/u.test(hex) ? `1${hex.slice(1)}` : hex;
}
