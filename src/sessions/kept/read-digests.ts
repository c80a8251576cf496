import { hashText } from '../hash-text.ts';
import type { ImportOptions, Importer, LogUnit } from '../importer.ts';
import type { SortedFiles } from '../read-sessions.ts';
import type { HashedCalls } from '../seen-calls.ts';
import type { SessionTrace } from '../session-trace.ts';
import { addTally, readUnit, shelfName, unitState } from './read-kept.ts';
import type { KeptSessions, SessionShelf, KeptShelf } from './session-shelf.ts';

/** What somebody makes of a unit's sessions, with all that tells whether it may be taken in place of them. */
export interface KeptDigest<Digest> {
  readonly digest: Digest;
  /** Hashes of what `KeptSessions` has under these names. */
  readonly counted: Float64Array;
  readonly lookedFor: Float64Array;
  readonly tally: KeptSessions['tally'];
}

export interface DigestOptions<Digest> {
  readonly sessions: SessionShelf;
  readonly digests: KeptShelf<KeptDigest<Digest>>;
  readonly make: (sessions: readonly SessionTrace[]) => Digest;
  /** False: more has to be known of these sessions than their digest says. */
  readonly isEnough: (digest: Digest) => boolean;
}

export type DigestOrSession<Digest> =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'session'; readonly session: SessionTrace };

/**
 * The sessions of these files as `readSessions` gives them; in place of those of a unit that has not changed the digest that was made of
 * them, where that is enough. A digest is of all sessions of its unit, also of those that are older than is asked for.
 */
export async function* readDigests<Digest>(
  files: SortedFiles,
  options: ImportOptions & { readonly seen: HashedCalls },
  by: DigestOptions<Digest>,
): AsyncGenerator<DigestOrSession<Digest>> {
  for (const [importer, paths] of files.byImporter) {
    const units = await importer.units?.(paths);
    if (units === undefined) {
      for await (const session of importer.read(paths, options)) yield { kind: 'session', session };
    } else for (const unit of units) yield* digestOrSessions(importer, unit, options, by);
  }
  await by.sessions.sweep();
  await by.digests.sweep();
}

async function* digestOrSessions<Digest>(
  importer: Importer,
  unit: LogUnit,
  options: ImportOptions & { readonly seen: HashedCalls },
  by: DigestOptions<Digest>,
): AsyncGenerator<DigestOrSession<Digest>> {
  const { seen } = options;
  const name = shelfName(importer, unit);
  const known = await by.digests.take(name, await unitState(unit));
  if (known !== undefined && by.isEnough(known.digest) && !meets(known, seen)) {
    for (const hash of known.counted) seen.addHash(hash);
    addTally(known.tally, options);
    options.onProgress?.(known.tally.byteCount);
    yield { kind: 'digest', digest: known.digest };
    return;
  }
  const shelf = known === undefined ? digesting(by) : by.sessions;
  for await (const session of readUnit(importer, unit, options, shelf)) yield { kind: 'session', session };
}

function meets({ counted, lookedFor }: KeptDigest<unknown>, seen: HashedCalls): boolean {
  return counted.some((hash) => seen.hasHash(hash)) || lookedFor.some((hash) => seen.hasHash(hash));
}

/** The shelf of sessions, which makes a digest of all that is taken from it or put onto it. */
function digesting<Digest>({ sessions, digests, make }: DigestOptions<Digest>): SessionShelf {
  const keep = async (name: string, state: string, kept: KeptSessions): Promise<void> =>
    digests.put(name, state, {
      digest: make(kept.sessions),
      counted: Float64Array.from(kept.counted, hashText),
      lookedFor: Float64Array.from(kept.lookedFor, hashText),
      tally: kept.tally,
    });
  return {
    async take(name, state) {
      const kept = await sessions.take(name, state);
      if (kept !== undefined) await keep(name, state, kept);
      return kept;
    },
    async put(name, state, kept) {
      await sessions.put(name, state, kept);
      await keep(name, state, kept);
    },
    sweep: () => sessions.sweep(),
  };
}
