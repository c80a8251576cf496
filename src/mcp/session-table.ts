import type { ServerResponse } from 'node:http';
import type { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { MINUTE_MS, type Ms } from '../domain/time.ts';

type Transport = NodeStreamableHTTPServerTransport;

/**
 * The open sessions of MCP over HTTP. A client that crashes never says goodbye: sessions without a request under way go when
 * they have been silent for long, and the one that was silent longest when there is no room.
 */
export interface SessionTable {
  find(id: string): Transport | undefined;
  add(id: string, transport: Transport): void;
  delete(id: string): void;
  /** A request, or a stream that listens, keeps a session until its response closes. */
  busy(transport: Transport, response: ServerResponse): void;
  /** False: every session is in use. */
  makeRoom(): boolean;
  close(): Promise<void>;
}

interface Entry {
  readonly transport: Transport;
  busyCount: number;
  lastUsedMs: Ms;
}

const MAX_COUNT = 200;
const MAX_IDLE_MS: Ms = 30 * MINUTE_MS;

export function createSessionTable(
  limits: { readonly maxSessions?: number; readonly maxIdleMs?: Ms } = {},
): SessionTable {
  const { maxSessions = MAX_COUNT, maxIdleMs = MAX_IDLE_MS } = limits;
  /** Used longest ago first. */
  const entries = new Map<string, Entry>();
  const touch = (id: string, entry: Entry): void => {
    entry.lastUsedMs = performance.now();
    entries.delete(id);
    entries.set(id, entry);
  };
  const drop = (id: string, { transport }: Entry): void => {
    entries.delete(id);
    // What a client that is gone would hear of it is nobody's concern.
    transport.close().catch(() => undefined);
  };
  const sweep = (): void => {
    for (const [id, entry] of entries)
      if (entry.busyCount === 0 && performance.now() - entry.lastUsedMs > maxIdleMs) drop(id, entry);
  };
  const timer = setInterval(sweep, Math.min(MINUTE_MS, maxIdleMs));
  timer.unref();
  return {
    find(id) {
      const entry = entries.get(id);
      if (entry !== undefined) touch(id, entry);
      return entry?.transport;
    },
    add: (id, transport) => touch(id, { transport, busyCount: 0, lastUsedMs: 0 }),
    delete: (id) => void entries.delete(id),
    busy(transport, response) {
      const entry = transport.sessionId === undefined ? undefined : entries.get(transport.sessionId);
      if (entry === undefined) return;
      entry.busyCount += 1;
      response.once('close', () => {
        entry.busyCount -= 1;
        entry.lastUsedMs = performance.now();
      });
    },
    makeRoom() {
      if (entries.size < maxSessions) return true;
      for (const [id, entry] of entries) {
        if (entry.busyCount > 0) continue;
        drop(id, entry);
        return true;
      }
      return false;
    },
    async close() {
      clearInterval(timer);
      for (const { transport } of entries.values()) await transport.close();
    },
  };
}
