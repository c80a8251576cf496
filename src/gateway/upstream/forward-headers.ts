import type { IncomingHttpHeaders } from 'node:http';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import type { Wire } from '../../domain/model.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';

/** Never forwarded: what belongs to one connection, to us, to a browser, or opens doors. */
const HELD_BACK = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'content-encoding',
  'content-type',
  'accept-encoding',
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'origin',
  'referer',
  'forwarded',
]);
const HELD_BACK_PREFIX = /^(?:x-pointsman-|x-forwarded-|sec-|cf-|access-control-)/u;

/** Answer headers that are not the caller's business, or that we write ourselves. */
const KEPT_FROM_CALLER = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'trailer',
  'content-length',
  'content-encoding',
  'set-cookie',
  'date',
  'server',
  'strict-transport-security',
  'alt-svc',
  'cf-cache-status',
  'access-control-allow-origin',
]);

/** Whether a caller's header stays here, whatever the model. */
export function isHeldBack(name: string): boolean {
  return HELD_BACK.has(name) || HELD_BACK_PREFIX.test(name);
}

/** What an endpoint gets. Inside one wire format unknown headers pass, as vendors' switches travel in them. */
export function headersToUpstream(
  from: { readonly headers: IncomingHttpHeaders; readonly wire: Wire },
  to: { readonly endpoint: ConfiguredEndpoint; readonly wire: Wire; readonly key: string | undefined },
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'accept-encoding': 'identity' };
  if (from.wire === to.wire) {
    for (const [name, value] of Object.entries(from.headers)) {
      if (value === undefined || isHeldBack(name)) continue;
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
  } else headers['user-agent'] = 'pointsman';
  const format = WIRE_FORMATS[to.wire];
  for (const [name, value] of Object.entries(format.headers)) headers[name] ??= value;
  for (const [name, secret] of Object.entries(to.endpoint.headers)) headers[name.toLowerCase()] = secret.reveal();
  return to.key === undefined ? headers : { ...headers, ...format.keyHeader(to.key) };
}

/** What the caller gets of an answer's headers: limits, request ids and hints pass. */
export function headersToCaller(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !KEPT_FROM_CALLER.has(name)) kept[name] = value;
  }
  return kept;
}
