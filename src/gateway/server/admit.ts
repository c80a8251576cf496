import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../config/endpoints.ts';
import type { At, Ms } from '../../domain/time.ts';
import { isOwnOrigin } from '../../page/page.ts';
import { refuse, type Refusal } from '../../wires/shared/errors/refusal.ts';
import type { Principal } from '../core/call-context.ts';
import { callerCredential } from '../core/caller-credential.ts';
import type { TokenCheck, TokenVerdict } from '../core/token-check.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import type { RateLimiter } from './rate-limiter.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface AdmissionControl {
  /** Host and origin: guards against pages in a browser and against names that were bound to this machine. */
  checkPlace(request: IncomingMessage): Refusal | undefined;
  /** Who it is, and whether they may call now. */
  admit(request: IncomingMessage, now: At): Promise<Admission>;
}

const LOCAL: Principal = { tenant: 'local', key: undefined, credential: undefined };

/** Checks every request before its body is read. */
export function createAdmissionControl(
  settings: GatewaySettings,
  tokens: TokenCheck,
  limiter: RateLimiter,
  monotonicMs: () => Ms,
): AdmissionControl {
  return {
    checkPlace(request) {
      const { host, origin } = request.headers;
      if (host === undefined || !hostAllowed(settings, host)) {
        return refuse(421, 'forbidden', 'This gateway does not answer under that host name.');
      }
      const allowed = origin === undefined || settings.allowedOrigins.includes(origin) || isOwnPage(request, origin);
      return allowed ? undefined : refuse(403, 'forbidden', 'This gateway does not answer to that web page.');
    },
    async admit(request, now) {
      const credential = callerCredential(request.headers, request.url ?? '');
      if (credential === 'subscription') {
        const message =
          'Subscription tokens are not accepted and were not stored: their terms do not allow a gateway. Use an API key, or a pointsman access key.';
        return { kind: 'refused', refusal: refuse(403, 'forbidden', message, { 'x-should-retry': 'false' }) };
      }
      if (!tokens.isDemanded) {
        return { kind: 'admitted', principal: credential === undefined ? LOCAL : { ...LOCAL, credential } };
      }
      const verdict = credential === undefined ? UNKNOWN : await tokens.check(credential.token, now);
      if (verdict.kind !== 'known') return { kind: 'refused', refusal: notLetIn(verdict) };
      const { key } = verdict;
      const waitMs =
        key.requestsPerMinute === undefined ? 0 : limiter.take(key.id, key.requestsPerMinute, monotonicMs());
      if (waitMs > 0) {
        const message = `This access key may make ${key.requestsPerMinute ?? 0} requests a minute.`;
        return { kind: 'refused', refusal: refuse(429, 'rate-limited', message, comeAgain(waitMs)) };
      }
      return { kind: 'admitted', principal: { tenant: key.id, key, credential: undefined } };
    },
  };
}

const UNKNOWN = { kind: 'unknown' } as const;

function notLetIn(verdict: Exclude<TokenVerdict, { kind: 'known' }>): Refusal {
  switch (verdict.kind) {
    case 'busy':
      return refuse(503, 'unavailable', 'Too many keys are being checked; come again.', comeAgain(1000));
    case 'expired':
      return refuse(401, 'unauthenticated', 'This access key has expired (see "pointsman keys").');
    case 'unknown':
      return refuse(401, 'unauthenticated', 'A pointsman access key is needed (see "pointsman keys").');
  }
}

function comeAgain(waitMs: Ms): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(Math.ceil(waitMs)) };
}

/** Our own page asks for its own files and data, under the very host that has just been checked. */
function isOwnPage({ url, headers }: IncomingMessage, origin: string): boolean {
  return /^\/pointsman\/(?:api|page)\//u.test(url ?? '') && isOwnOrigin(origin, headers.host ?? '');
}

function hostAllowed(settings: GatewaySettings, host: string): boolean {
  if (settings.allowedHosts.includes(host)) return true;
  const name = host.replace(/:\d{1,5}$/u, '');
  if (settings.allowedHosts.includes(name) || name === settings.host) return true;
  return /^[\w.[\]:-]+$/u.test(name) && URL.canParse(`http://${name}`) && isLoopback(`http://${name}`);
}
