/** Who had something made at a vendor, and which model or endpoint keeps it. */
export interface Issued {
  readonly owner: string;
  readonly by: string;
}

/**
 * Remembers beyond a process whose the ids are that vendors gave out, by digests of them; the oldest are forgotten. Never throws: what
 * cannot be read is not known, and what cannot be written is forgotten with the process.
 */
export interface IssuedIds {
  find(digest: string): Issued | undefined;
  add(digest: string, issued: Issued): void;
  /** Nothing is remembered. */
  readonly isEmpty: boolean;
  /** Stores what is not stored yet. */
  close(): void | Promise<void>;
}
