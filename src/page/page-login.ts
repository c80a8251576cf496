import { randomBytes } from 'node:crypto';
import { HOUR_MS, type At, type Ms } from '../domain/time.ts';

const COOKIE = 'pointsman_page';
const VALID_MS: Ms = 12 * HOUR_MS;
/** More than these are forgotten, the oldest first. */
const MOST_SESSIONS = 200;

/** Who has logged in from a browser. Kept in this process alone: after a restart one logs in again. */
export interface PageLogins {
  /** Of a request's cookies. `undefined`: nobody, or no longer. */
  tokenOf(cookies: string | undefined, now: At): string | undefined;
  /** Remembers what was shown, and gives the cookie for it. */
  open(token: string, how: { readonly now: At; readonly isSecure: boolean }): string;
  /** Forgets it, and gives the cookie that takes it away. */
  close(cookies: string | undefined): string;
}

export function createPageLogins(): PageLogins {
  const sessions = new Map<string, { readonly token: string; readonly validUntil: At }>();
  return {
    tokenOf(cookies, now) {
      const session = sessions.get(sessionIn(cookies));
      return session === undefined || session.validUntil <= now ? undefined : session.token;
    },
    open(token, { now, isSecure }) {
      const [oldest] = sessions.keys();
      if (sessions.size >= MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      const id = randomBytes(32).toString('base64url');
      sessions.set(id, { token, validUntil: now + VALID_MS });
      return cookieOf(id, VALID_MS / 1000, isSecure);
    },
    close(cookies) {
      sessions.delete(sessionIn(cookies));
      return cookieOf('', 0, false);
    },
  };
}

/** No script reads it, no other site sends it, and it goes to the page's own paths alone. */
function cookieOf(value: string, maxAgeSeconds: number, isSecure: boolean): string {
  return `${COOKIE}=${value}; Path=/pointsman; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${isSecure ? '; Secure' : ''}`;
}

function sessionIn(cookies: string | undefined): string {
  for (const pair of (cookies ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === COOKIE) return value;
  }
  return '';
}
