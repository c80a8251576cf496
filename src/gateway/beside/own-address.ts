import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import type { SideTarget } from './find-endpoint.ts';
import type { SideCall } from './side-call.ts';

/** What stands before the version in the paths of an endpoint: empty, or a path of its base URL's own. */
function rootAt({ match: { route } }: Pick<SideCall, 'match'>, { endpoint }: Pick<SideTarget, 'endpoint'>): string {
  return WIRE_FORMATS[route.wire].resourcePath(endpoint.baseUrl, '').replace(/\/[^/]*$/u, '');
}

/** Where a path of the vendor's API lies at an endpoint. */
export function pathAt(call: Pick<SideCall, 'match'>, target: Pick<SideTarget, 'endpoint'>, path: string): string {
  const { wire, prefix = '' } = call.match.route;
  const whole = WIRE_FORMATS[wire].resourcePath(target.endpoint.baseUrl, path);
  const root = rootAt(call, target);
  return root + prefix + whole.slice(root.length);
}

/** A proxy before this gateway says by what path it is reached there. */
const FORWARDED_PREFIX = /^(?:\/[\w.~-]+)+$/u;

/**
 * An address in an answer, as this gateway's caller reaches it: clients follow such addresses with the key they have, which is ours
 * to take, not the vendor's.
 */
export function ownAddress(call: SideCall, target: SideTarget, address: string): string {
  if (!URL.canParse(address)) return address;
  const { pathname, search } = new URL(address);
  const { headers } = call.request;
  const root = rootAt(call, target);
  const path = pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : pathname;
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  const prefix = String(headers['x-forwarded-prefix'] ?? '').replace(/\/$/u, '');
  return `${scheme}://${headers.host ?? ''}${FORWARDED_PREFIX.test(prefix) ? prefix : ''}${path}${search}`;
}
