import type { IncomingHttpHeaders } from 'node:http';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import { formatTraceParent, parseTraceParent, type TraceParent } from '../../telemetry/trace-context.ts';

/**
 * The context of a call's trace, for a server that its user runs: what it says of the call lands beside ours. A vendor gets none of it:
 * a `tracestate` may say whose systems a call came through.
 * @param trace of our own span. Absent: the caller's stands as it is
 */
export function traceHeaders(
  headers: IncomingHttpHeaders,
  endpoint: ConfiguredEndpoint,
  trace: TraceParent | undefined,
): Readonly<Record<string, string>> {
  if (!isOwnPlace(endpoint.baseUrl)) return {};
  const caller = parseTraceParent(headers['traceparent']);
  const parent = trace ?? caller;
  if (parent === undefined) return {};
  const { tracestate } = headers;
  const isStated = caller !== undefined && typeof tracestate === 'string';
  return { traceparent: formatTraceParent(parent), ...(isStated ? { tracestate } : {}) };
}

/** Names that no public server has (RFC 6761, 6762, 8375), and addresses of private networks (RFC 1918, 4193, 3927, 4291). */
const OWN_NAME = /^(?:[^.]+|.+\.(?:localhost|local|internal|lan|intranet|home\.arpa|test))$/u;
const OWN_ADDRESS =
  /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[::1\]$|\[f[cd][0-9a-f]{2}:|\[fe[89ab][0-9a-f]:)/u;

export function isOwnPlace(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  if (hostname.startsWith('[') || /^\d+(?:\.\d+){3}$/u.test(hostname)) return OWN_ADDRESS.test(hostname);
  return OWN_NAME.test(hostname);
}
