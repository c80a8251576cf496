import type { At } from '../../domain/time.ts';
import { nextPingAt } from '../../warmth/keep-alive.ts';
import type { KeptPrefix, WarmKeeper } from '../core/kept-prefix.ts';
import type { Session } from '../sessions/session-store.ts';
import type { KeepAliveSettings } from '../settings/gateway-settings.ts';

export interface WarmKeeperDeps {
  readonly now: () => At;
  /** Sends one ping; resolves with whether another may follow. Must not throw. */
  readonly send: (prefix: KeptPrefix, signal: AbortSignal) => Promise<boolean>;
}

/** What is due beyond this waits for the next look, so that many idle sessions do not crowd out calls. */
const MAX_IN_FLIGHT = 16;

/** One clock for all sessions, which stands still while none is held. */
export function createWarmKeeper(limits: KeepAliveSettings, { now, send }: WarmKeeperDeps): WarmKeeper {
  /** Held longest first. */
  const held = new Map<Session, KeptPrefix>();
  const inFlight = new Map<KeptPrefix, Promise<void>>();
  const closing = new AbortController();
  let heldBytes = 0;
  let timer: NodeJS.Timeout | undefined;

  const drop = (prefix: KeptPrefix): void => {
    const { session } = prefix.place;
    if (held.get(session) !== prefix) return;
    held.delete(session);
    heldBytes -= prefix.body.length;
  };
  const ping = async (prefix: KeptPrefix): Promise<void> => {
    const startedAt = now();
    const goesOn = await send(prefix, closing.signal);
    inFlight.delete(prefix);
    prefix.pingCount += 1;
    prefix.lastUsedAt = startedAt;
    if (!goesOn) drop(prefix);
  };
  const look = (prefix: KeptPrefix, at: At): void => {
    const dueAt = nextPingAt(prefix.plan, prefix);
    // What has already gone cold is not bought back.
    if (dueAt === undefined || at >= prefix.lastUsedAt + prefix.ttlMs) drop(prefix);
    else if (at >= dueAt && inFlight.size < MAX_IN_FLIGHT) inFlight.set(prefix, ping(prefix));
  };
  const tick = (): void => {
    if (held.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    const at = now();
    for (const prefix of held.values()) if (!inFlight.has(prefix)) look(prefix, at);
  };

  return {
    keep(prefix) {
      if (closing.signal.aborted || prefix.body.length > limits.maxBytes) return;
      const { session } = prefix.place;
      const before = held.get(session);
      if (before !== undefined) drop(before);
      held.set(session, prefix);
      heldBytes += prefix.body.length;
      for (const oldest of held.values()) {
        if (held.size <= limits.maxCount && heldBytes <= limits.maxBytes) break;
        drop(oldest);
      }
      timer ??= setInterval(tick, limits.tickMs).unref();
    },
    release(session, thread) {
      if (held.size === 0) return;
      const prefix = held.get(session);
      if (prefix?.place.thread === thread) drop(prefix);
    },
    get size() {
      return held.size;
    },
    get heldBytes() {
      return heldBytes;
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      held.clear();
      heldBytes = 0;
      await Promise.all(inFlight.values());
    },
  };
}
