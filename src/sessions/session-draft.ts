import { asId } from '../domain/ids.ts';
import type { At } from '../domain/time.ts';
import { buildThread, type ThreadIdentity } from './build-thread.ts';
import type { ImportOptions } from './importer.ts';
import type { SeenCalls } from './seen-calls.ts';
import type { ClientName, DroppedRows, InferredPart, SessionTrace, ThreadTrace } from './session-trace.ts';
import type { CallEvent, ThreadEvent } from './thread-event.ts';

/** What is gathered of one session while its rows are read. Importers fill it; `finishSession` makes the trace. */
export interface SessionDraft {
  readonly client: ClientName;
  sessionId: string;
  clientVersion: string | undefined;
  branchedFrom: string | undefined;
  folder: string | undefined;
  readonly sources: string[];
  /** What the importer works out beyond what the log holds. */
  readonly inferred: InferredPart[];
  readonly threads: ThreadDraft[];
  readonly dropped: {
    malformedCount: number;
    oversizedCount: number;
    readonly unknownTypes: Map<string, number>;
    duplicateCallCount: number;
    syntheticCallCount: number;
    summedCallCount: number;
  };
}

export interface ThreadDraft extends ThreadIdentity {
  readonly events: ThreadEvent[];
}

export function createSessionDraft(client: ClientName, sessionId: string, sources: readonly string[]): SessionDraft {
  return {
    client,
    sessionId,
    clientVersion: undefined,
    branchedFrom: undefined,
    folder: undefined,
    sources: [...sources],
    inferred: [],
    threads: [],
    dropped: {
      malformedCount: 0,
      oversizedCount: 0,
      unknownTypes: new Map(),
      duplicateCallCount: 0,
      syntheticCallCount: 0,
      summedCallCount: 0,
    },
  };
}

const MAX_UNKNOWN_TYPES = 50;

/** Counts a row of an unknown type by its name; past 50 names, and for names that are no short words, together. */
export function countUnknown(draft: SessionDraft, type: string | undefined): void {
  const counts = draft.dropped.unknownTypes;
  const name = type !== undefined && /^[\w./:-]{1,60}$/u.test(type) ? type : '(unnamed)';
  const key = counts.has(name) || counts.size < MAX_UNKNOWN_TYPES ? name : '(more)';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/**
 * The trace of a draft, or `undefined` when it holds no call, or only calls that are known to be older than `sinceAt`. Calls that `options.seen` has met
 * are dropped and counted: their cost stands in the session that was read first.
 */
export function finishSession(draft: SessionDraft, options: ImportOptions): SessionTrace | undefined {
  const threads = draft.threads
    .map((thread) => buildThread(thread, withoutSeen(thread.events, draft, options)))
    .filter((thread) => thread.calls.length > 0);
  if (threads.length === 0) {
    options.tally.orphanRowCount += draft.dropped.malformedCount + draft.dropped.oversizedCount;
    return undefined;
  }
  if (isOlder(threads, options.sinceAt)) return undefined;
  return {
    v: 1,
    client: draft.client,
    clientVersion: draft.clientVersion,
    sessionId: asId(draft.sessionId),
    branchedFrom: draft.branchedFrom,
    ...(draft.folder === undefined ? {} : { folder: draft.folder }),
    sources: draft.sources,
    threads,
    dropped: toDropped(draft),
    ...(draft.inferred.length === 0 ? {} : { inferred: draft.inferred }),
  };
}

function withoutSeen(
  events: readonly ThreadEvent[],
  draft: SessionDraft,
  options: ImportOptions,
): readonly ThreadEvent[] {
  return events.filter((event) => {
    if (event.type !== 'call' || isNew(event, draft.client, options.seen)) return true;
    draft.dropped.duplicateCallCount += 1;
    return false;
  });
}

/** A call is known again by its id, and, where one of its copies lost a part of that, by what is left. */
function isNew({ callId, bareId }: CallEvent, client: ClientName, seen: SeenCalls): boolean {
  const key = `${client}\0${callId}`;
  if (bareId === undefined) return seen.add(key);
  const [whole, bare] = [`${client}\0|${bareId}`, `${client}\0${bareId}`];
  if (callId === bareId) return !seen.has(whole) && seen.add(bare);
  if (seen.has(bare) || !seen.add(key)) return false;
  seen.add(whole);
  return true;
}

/** A session without any time is not old: nobody knows when it was. */
export function isOlder(threads: readonly ThreadTrace[], sinceAt: At | undefined): boolean {
  const last = sinceAt === undefined ? undefined : lastCallAt(threads);
  return last !== undefined && sinceAt !== undefined && last < sinceAt;
}

/** When the last of its calls ended. `undefined`: no call tells. */
export function lastCallAt(threads: readonly ThreadTrace[]): At | undefined {
  let last: At | undefined;
  for (const thread of threads) {
    for (const call of thread.calls) {
      const at = call.endedAt ?? call.at;
      if (at !== undefined && (last === undefined || at > last)) last = at;
    }
  }
  return last;
}

function toDropped(draft: SessionDraft): DroppedRows {
  const { dropped } = draft;
  return {
    malformedCount: dropped.malformedCount,
    oversizedCount: dropped.oversizedCount,
    unknownTypes: Object.fromEntries([...dropped.unknownTypes].sort(([a], [b]) => (a < b ? -1 : 1))),
    duplicateCallCount: dropped.duplicateCallCount,
    syntheticCallCount: dropped.syntheticCallCount,
    summedCallCount: dropped.summedCallCount,
  };
}
