import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { fieldsIn, parseFields, textIn, type Fields } from '../../wires/shared/fields.ts';

/** Who a call belongs to, in the harness's own words. */
export interface SessionKey {
  readonly session: string;
  /** A sub-agent or thread of the session, with a transcript and a cache of its own. */
  readonly thread: string | undefined;
  /** Where it was read, for the record. */
  readonly source: string;
}

/** Header of the session → header of the thread. Sources: clients.md §2, observed 2026-11-21; the first row is ours. */
const HEADER_PAIRS: readonly (readonly [session: string, thread: string | undefined])[] = [
  ['x-pointsman-session', 'x-pointsman-thread'],
  ['x-claude-code-session-id', 'x-claude-code-agent-id'],
  ['session-id', 'thread-id'],
  ['session_id', 'thread_id'],
  ['x-session-id', 'x-agent-id'],
  ['x-session-affinity', undefined],
];

/** Every header that may name a session or its thread, but ours. */
export const SESSION_HEADERS: ReadonlySet<string> = new Set(
  HEADER_PAIRS.flat().filter((name): name is string => name !== undefined && !name.startsWith('x-pointsman-')),
);

const MAX_KEY_CHARS = 128;
const PLAIN_KEY = /^[\w.:@/-]+$/u;

/**
 * The session and thread of a call from headers first, then from the body's own fields. Never from a position in the
 * prompt. `undefined`: the harness says nothing, and the transcript itself must tell.
 */
export function sessionKeyOf(headers: IncomingHttpHeaders, body: Fields): SessionKey | undefined {
  for (const [sessionHeader, threadHeader] of HEADER_PAIRS) {
    const session = headerText(headers, sessionHeader);
    if (session === undefined) continue;
    const thread = threadHeader === undefined ? undefined : headerText(headers, threadHeader);
    return { session, thread: thread === session ? undefined : thread, source: sessionHeader };
  }
  return keyInBody(body);
}

function keyInBody(body: Fields): SessionKey | undefined {
  const metadata = fieldsIn(body['metadata']);
  const userId = textIn(metadata['user_id']);
  const inUserId = userId === undefined ? undefined : sessionInUserId(userId);
  if (inUserId !== undefined) return { session: inUserId, thread: undefined, source: 'metadata.user_id' };
  const clientMetadata = fieldsIn(body['client_metadata']);
  const candidates: readonly (readonly [string, unknown])[] = [
    ['metadata.session_id', metadata['session_id']],
    ['client_metadata.session_id', clientMetadata['session_id']],
    ['session_id', body['session_id']],
    ['prompt_cache_key', body['prompt_cache_key']],
  ];
  for (const [source, value] of candidates) {
    const session = cleanKey(textIn(value));
    if (session !== undefined) return { session, thread: undefined, source };
  }
  return undefined;
}

/** `metadata.user_id` is a JSON text with `session_id`; older clients wrote `user_…_session_<id>`. */
function sessionInUserId(userId: string): string | undefined {
  const fields = parseFields(userId);
  if (fields !== undefined) return cleanKey(textIn(fields['session_id']));
  return cleanKey(/_session_([\w-]+)$/u.exec(userId.slice(-200))?.[1]);
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return cleanKey(typeof value === 'string' ? value : undefined);
}

/** Keys go into records and logs: long or odd ones are kept by digest. */
function cleanKey(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (value.length <= MAX_KEY_CHARS && PLAIN_KEY.test(value)) return value;
  return createHash('sha256').update(value).digest('base64url').slice(0, 32);
}
