import { sessionKeyOf } from '../sessions/session-key.ts';

const HEAD_END = Buffer.from('\r\n\r\n');

/** What a browser asks of the page. Its log-ins are remembered by one worker, so that all of it goes to the same. */
const OF_THE_PAGE = /^[A-Z]+ \/(?:\?\S*|favicon\.ico|pointsman\/(?:api|page)\/\S*)? HTTP\//u;
const PAGE_SESSION = 'page';

/** What the first bytes of a connection say of whose it is. */
export type HeadSession =
  /** Nothing yet: the head is not whole. */
  | { readonly kind: 'more' }
  /** `session`: as its headers name it; absent where they name none, or where this is no head that we could read. */
  | { readonly kind: 'read'; readonly session: string | undefined };

/**
 * Reads whose session the first request of a connection belongs to, from its headers alone: a body may be megabytes, and begins alike for
 * all sessions of a harness. What is no HTTP is left to the server to answer.
 */
export function sessionOfHead(bytes: Buffer, maxBytes: number): HeadSession {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return bytes.length < maxBytes ? { kind: 'more' } : { kind: 'read', session: undefined };
  const headers: Record<string, string> = {};
  const [request = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const session = sessionKeyOf(headers, {})?.session;
  return { kind: 'read', session: session ?? (OF_THE_PAGE.test(request) ? PAGE_SESSION : undefined) };
}

/** The worker of a session: always the same one of so many. */
export function workerOf(session: string, workerCount: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < session.length; at += 1) {
    hash = Math.imul(hash ^ session.charCodeAt(at), 0x01000193);
  }
  // The low bits of such a hash follow the last characters too closely.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 12;
  return (hash >>> 0) % workerCount;
}
