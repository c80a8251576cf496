import type { IncomingHttpHeaders } from 'node:http';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import type { Wire } from '../../domain/model.ts';
import type { TraceParent } from '../../telemetry/trace-context.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { SESSION_HEADERS } from '../sessions/session-key.ts';
import { isHeldBack, isSdkHeader } from './header-kinds.ts';
import { traceHeaders } from './trace-headers.ts';

/** What any vendor of a wire format may get of a caller's headers: what it accepts, who the client is, and its ids. */
const PASSED =
  /^(?:accept|accept-language|user-agent|x-app|cache-control|pragma|priority|dnt|idempotency-key|x-client-request-id|originator|version|x-initiator|x-title|http-referer)$/u;
/** They name an account: only the endpoint of its own vendor may know it. */
const ACCOUNT_ENDPOINTS: ReadonlyMap<string, string> = new Map([
  ['openai-organization', 'openai'],
  ['openai-project', 'openai'],
  ['x-goog-user-project', 'google'],
]);
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

/** By allow list: a header that nobody knows may be anybody's secret. One that `Connection` names is for us alone. */
function mayPass(name: string, to: { readonly endpoint: ConfiguredEndpoint; readonly wire: Wire }): boolean {
  if (isHeldBack(name)) return false;
  const account = ACCOUNT_ENDPOINTS.get(name);
  if (account !== undefined) return to.endpoint.id === account;
  return (
    PASSED.test(name) ||
    isSdkHeader(name) ||
    SESSION_HEADERS.has(name) ||
    WIRE_FORMATS[to.wire].passedHeaders.test(name)
  );
}

/** What an endpoint gets. A header that is wanted and not on the list: the endpoint's own `headers` in the configuration. */
export function headersToUpstream(
  from: { readonly headers: IncomingHttpHeaders; readonly wire: Wire; readonly trace?: TraceParent | undefined },
  to: { readonly endpoint: ConfiguredEndpoint; readonly wire: Wire; readonly key: string | undefined },
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'accept-encoding': 'identity' };
  if (from.wire === to.wire) {
    const named = new Set((from.headers.connection ?? '').toLowerCase().split(/[\s,]+/u));
    for (const [name, value] of Object.entries(from.headers)) {
      if (value === undefined || named.has(name) || !mayPass(name, to)) continue;
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
  } else headers['user-agent'] = 'pointsman';
  Object.assign(headers, traceHeaders(from.headers, to.endpoint, from.trace));
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
