import type { At } from '../domain/time.ts';
import type { Row } from './fields.ts';
import type { SeenCalls } from './seen-calls.ts';
import type { ClientName, SessionTrace } from './session-trace.ts';

/** What happened to files while reading; filled by importers, one object per import. */
export interface ImportTally {
  fileCount: number;
  byteCount: number;
  /** Files that could not be opened or read to the end, with why. At most 20 are kept. */
  readonly unreadable: { readonly path: string; readonly why: string }[];
  unreadableCount: number;
  /** Rows lost in files that gave no session at all. */
  orphanRowCount: number;
}

export interface ImportOptions {
  readonly signal?: AbortSignal;
  /** Sessions whose last call is older are left out; one without times is not. */
  readonly sinceAt?: At;
  /** Calls seen so far; share one object over all importers of a run, so that copies between files count once. */
  readonly seen: SeenCalls;
  readonly tally: ImportTally;
  /** Longer rows are dropped and counted. Default 32 MiB. */
  readonly maxRowBytes?: number;
  /** Called now and then with bytes read since the last call. */
  readonly onProgress?: (byteCount: number) => void;
}

/** The beginning of a file, from which importers tell whose log it is. */
export interface LogHead {
  readonly path: string;
  /** The first bytes as text, unpacked when gzipped; empty when the file cannot be read. */
  readonly text: string;
  /** The first whole rows, when the file is one of JSON lines. */
  readonly rows: readonly Row[];
}

/**
 * Reads one client's logs. Never writes to them, never throws for what is in them: a bad row is counted, a bad file goes
 * into the tally. Yields each session once, whole, and keeps no more than one session in memory.
 */
export interface Importer {
  readonly client: ClientName;
  /** Names of the files it can read, when a user says that they are this client's. */
  readonly reads: RegExp;
  /** Whether a file looks like this client's, from its name and its beginning. */
  detect(head: LogHead): boolean;
  read(paths: readonly string[], options: ImportOptions): AsyncIterable<SessionTrace>;
  /**
   * Parts of these logs that come to the same when each is read by itself, in the order in which `read` reads them. Absent, or `undefined`:
   * one log may say something of another.
   */
  units?(paths: readonly string[]): Promise<readonly LogUnit[] | undefined>;
}

export interface LogUnit {
  /** What `read` is given. */
  readonly paths: readonly string[];
  /** All that it then looks into, whether it is there or not. */
  readonly files: readonly string[];
}

export function createImportTally(): ImportTally {
  return { fileCount: 0, byteCount: 0, unreadable: [], unreadableCount: 0, orphanRowCount: 0 };
}

const MAX_UNREADABLE_KEPT = 20;

export function countUnreadable(tally: ImportTally, path: string, thrown: unknown): void {
  tally.unreadableCount += 1;
  if (tally.unreadable.length >= MAX_UNREADABLE_KEPT) return;
  tally.unreadable.push({ path, why: thrown instanceof Error ? thrown.message : String(thrown) });
}
