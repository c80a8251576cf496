import type { ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { At } from '../../domain/time.ts';
import type { SharedSessions } from '../../recorder/shared-sessions.ts';
import type { SessionKey } from './session-key.ts';
import { hasOwnKey, keyOfSession, type Session, type SessionStore } from './session-store.ts';
import { parseSessionText, toSessionText } from './session-text.ts';

interface Sessions {
  readonly sessions: SessionStore;
  /** Absent: no other process goes on with any. */
  readonly shared: SharedSessions | undefined;
}

/** Takes over a session that another gateway has served so far. Nothing is asked of one that is known here. */
export async function bringSession(
  { sessions, shared }: Sessions,
  { tenant, key, now }: { readonly tenant: string; readonly key: SessionKey | undefined; readonly now: At },
  modelOf: (id: ModelId) => Model | undefined,
): Promise<void> {
  if (shared === undefined || key === undefined || sessions.knows(tenant, key, now)) return;
  const name = keyOfSession(tenant, key);
  const text = await shared.find(name);
  const session = text === undefined ? undefined : parseSessionText(text, name, modelOf);
  if (session !== undefined) sessions.adopt(session, now);
}

/** Keeps a session for the gateway that its next call may come to. Waits for nothing. */
export function shareSession(shared: SharedSessions | undefined, session: Session): void {
  if (shared !== undefined && hasOwnKey(session)) shared.keep(session.key, () => toSessionText(session));
}
