import { readRequest } from '../../../providers/scripted/read-request.ts';
import { ruleObjection } from '../../../providers/scripted/vendor-rules.ts';
import { fieldsIn } from '../../../wires/shared/fields.ts';
import { formatOfPath } from '../../../wires/wire-formats.ts';
import { hasShapes, requestFlaw } from './vendor-shapes.ts';

/**
 * What the real vendor would object to in a request that a test's own server got: a field that its SDK does not have, or what its rules
 * refuse. Signatures are not judged: such tests invent them. `undefined`: nothing, or it is no model call.
 */
export function vendorWouldSay(url: string, body: unknown): string | undefined {
  const [pathname = '', query = ''] = url.split('?');
  const wire = formatOfPath(pathname, query)?.wire;
  if (wire === undefined) return undefined;
  const request = readRequest(wire, body, pathname);
  return ruleObjection(request) ?? (hasShapes() ? requestFlaw(wire, request.model, fieldsIn(body)) : undefined);
}
