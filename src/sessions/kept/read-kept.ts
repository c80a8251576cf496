import { stat } from 'node:fs/promises';
import { createImportTally, type ImportOptions, type Importer, type LogUnit } from '../importer.ts';
import type { SeenCalls } from '../seen-calls.ts';
import { isOlder } from '../session-draft.ts';
import type { SessionTrace } from '../session-trace.ts';
import type { KeptSessions, SessionShelf } from './session-shelf.ts';

/**
 * The sessions of these files, as the importer reads them; what it has read before of files that are the same is taken from the shelf.
 * What comes of a unit hangs on its files and on which of its calls were met before: kept is what was read where none was.
 */
export async function* readKept(
  importer: Importer,
  paths: readonly string[],
  options: ImportOptions,
  shelf: SessionShelf,
): AsyncGenerator<SessionTrace> {
  const units = options.maxRowBytes === undefined ? await importer.units?.(paths) : undefined;
  if (units === undefined) yield* importer.read(paths, options);
  else for (const unit of units) yield* readUnit(importer, unit, options, shelf);
}

/** What a unit of logs is called on a shelf. */
export function shelfName(importer: Importer, unit: LogUnit): string {
  return [importer.client, ...unit.paths].join('\0');
}

/** The same for one unit. */
export async function* readUnit(
  importer: Importer,
  unit: LogUnit,
  options: ImportOptions,
  shelf: SessionShelf,
): AsyncGenerator<SessionTrace> {
  const name = shelfName(importer, unit);
  const state = await unitState(unit);
  const kept = await shelf.take(name, state);
  if (kept !== undefined && !meets(kept, options.seen)) {
    for (const key of kept.counted) options.seen.add(key);
    addTally(kept.tally, options);
    options.onProgress?.(kept.tally.byteCount);
    yield* kept.sessions.filter((session) => !isOlder(session.threads, options.sinceAt));
    return;
  }
  const seen = new WatchedCalls(options.seen);
  const tally = createImportTally();
  const sessions: SessionTrace[] = [];
  const { sinceAt, ...rest } = options;
  try {
    for await (const session of importer.read(unit.paths, { ...rest, seen, tally })) {
      sessions.push(session);
      if (!isOlder(session.threads, sinceAt)) yield session;
    }
  } finally {
    addTally(tally, options);
    options.tally.unreadable.push(...tally.unreadable);
    options.tally.unreadableCount += tally.unreadableCount;
  }
  if (seen.hasMet || tally.unreadableCount > 0 || (await unitState(unit)) !== state) return;
  const { fileCount, byteCount, orphanRowCount } = tally;
  const { counted, lookedFor } = seen.keys;
  await shelf.put(name, state, { sessions, counted, lookedFor, tally: { fileCount, byteCount, orphanRowCount } });
}

function meets({ counted, lookedFor }: KeptSessions, seen: SeenCalls): boolean {
  return counted.some((key) => seen.has(key)) || lookedFor.some((key) => seen.has(key));
}

/** Counts what was read before as if it had been read now. */
export function addTally(
  { fileCount, byteCount, orphanRowCount }: KeptSessions['tally'],
  { tally }: ImportOptions,
): void {
  tally.fileCount += fileCount;
  tally.byteCount += byteCount;
  tally.orphanRowCount += orphanRowCount;
}

/** What tells each file from what it was: its time may have been put back, and another of its name may stand elsewhere. */
export async function unitState({ files }: LogUnit): Promise<string> {
  const states = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => undefined);
      return `${file}\0${found === undefined ? '' : `${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.ino}`}`;
    }),
  );
  return states.join('\0');
}

/** Calls as others see them, and what was asked of them. */
class WatchedCalls implements SeenCalls {
  /** Somebody else's call was asked for. */
  hasMet = false;
  private readonly others: SeenCalls;
  private readonly counted = new Set<string>();
  private readonly lookedFor = new Set<string>();

  constructor(others: SeenCalls) {
    this.others = others;
  }

  add(key: string): boolean {
    if (this.counted.has(key)) return false;
    const isNew = this.others.add(key);
    this.hasMet ||= !isNew;
    this.counted.add(key);
    return isNew;
  }

  has(key: string): boolean {
    if (this.counted.has(key)) return true;
    const isKnown = this.others.has(key);
    this.hasMet ||= isKnown;
    this.lookedFor.add(key);
    return isKnown;
  }

  get size(): number {
    return this.others.size;
  }

  get keys(): { readonly counted: readonly string[]; readonly lookedFor: readonly string[] } {
    return {
      counted: [...this.counted],
      lookedFor: [...this.lookedFor].filter((key) => !this.counted.has(key)),
    };
  }
}
