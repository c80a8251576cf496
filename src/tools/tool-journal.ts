import type { At } from '../domain/time.ts';
import type { ToolResultPart } from '../domain/transcript.ts';

/** What is known of one tool call, by its idempotency key. */
export type JournalEntry =
  | {
      /** Sent, and no result was kept: the process ended in between, or the call was cancelled. It may have happened. */
      readonly state: 'started';
      readonly fingerprint: string;
      readonly startedAt: At;
    }
  | {
      readonly state: 'finished';
      readonly fingerprint: string;
      readonly startedAt: At;
      readonly result: ToolResultPart;
    };

/**
 * Remembers tool calls across a crash, so that none takes effect twice. `start` is durable before the call is sent, `finish`
 * before its result is used. The first result of a key stands. Methods may throw `record-unwritable` or `record-unreadable`.
 */
export interface ToolJournal {
  get(key: string): Promise<JournalEntry | undefined>;
  /** `fingerprint`: hash of the tool and its input, so that one key never means two calls. */
  start(key: string, entry: { readonly fingerprint: string; readonly startedAt: At }): Promise<void>;
  finish(key: string, result: ToolResultPart): Promise<void>;
  close(): Promise<void>;
}

/** Forgets when the process ends. */
export function createMemoryToolJournal(): ToolJournal {
  const entries = new Map<string, JournalEntry>();
  return {
    get: async (key) => entries.get(key),
    start: async (key, entry) => {
      if (entries.get(key)?.state !== 'finished') entries.set(key, { state: 'started', ...entry });
    },
    finish: async (key, result) => {
      const entry = entries.get(key);
      if (entry?.state === 'started') entries.set(key, { ...entry, state: 'finished', result });
    },
    close: () => Promise.resolve(),
  };
}
