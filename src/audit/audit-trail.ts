import type { AuditEntry, AuditWish } from './audit-entry.ts';

/** What was done to a store, in the order in which it was done. Everything rejects with `record-unwritable` or `record-unreadable`. */
export interface AuditTrail {
  /** Resolves when they are durable; all of them or none, whatever other processes append. */
  append(wishes: readonly AuditWish[]): Promise<void>;
  /** Chain by chain, the oldest first. Makes nothing where nothing was ever written. */
  entries(): AsyncIterable<AuditEntry>;
  close(): Promise<void>;
}

/** Rows that are read at once. */
export const ENTRY_PAGE = 1000;

/** A row of both engines as an entry; `detail` is JSON text. */
export function entryOf(row: Readonly<Record<string, unknown>>): AuditEntry {
  return { ...row, detail: JSON.parse(String(row['detail'])) as AuditEntry['detail'] } as AuditEntry;
}
