import type { IncomingHttpHeaders } from 'node:http';
import type { LossId } from '../../wires/shared/lossy-fields.ts';
import { SESSION_HEADERS } from '../sessions/session-key.ts';
import { isHeldBack, isSdkHeader } from './header-kinds.ts';

const BETAS = new Set(['anthropic-beta', 'openai-beta']);
const ACCOUNT = new Set(['openai-organization', 'openai-project', 'x-goog-user-project', 'idempotency-key']);
/** What HTTP and clients' descriptions of themselves need: nothing is lost without them. */
const SILENT =
  /^(?:accept|accept-language|user-agent|x-app|anthropic-version|anthropic-dangerous-.+|cache-control|pragma|priority|dnt|via|traceparent|tracestate|baggage|originator)$/u;
/** Which headers of a call do not go along when it leaves its wire format; inside one they all pass. */
export function headerLosses(headers: IncomingHttpHeaders): readonly LossId[] {
  const losses = new Set<LossId>();
  for (const name of Object.keys(headers)) {
    if (isHeldBack(name) || isSdkHeader(name) || SILENT.test(name)) continue;
    if (BETAS.has(name)) losses.add('headers.betas');
    else if (SESSION_HEADERS.has(name)) losses.add('headers.session');
    else losses.add(ACCOUNT.has(name) ? 'headers.account' : 'headers.other');
  }
  return [...losses];
}
