import { sumNanoUsd } from '../domain/money.ts';
import { MINUTE_MS, type At, type Ms } from '../domain/time.ts';
import { sumUsage } from '../domain/usage.ts';
import type { RecordedModels } from '../replay/simulation/recorded-models.ts';
import { hashText } from '../sessions/hash-text.ts';
import { lastCallAt } from '../sessions/session-draft.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import { callsOfLog } from './calls-of-logs.ts';
import { SAME_CALL_MS } from './count-once.ts';
import type { SpentCall } from './spent-call.ts';

/** A quarter of an hour lies in one day of any zone, and in one full hour. */
const STRETCH_MS: Ms = 15 * MINUTE_MS;

/** What a table of spending needs of a recorded session: its calls, those of a quarter of an hour together that no table tells apart. */
export interface LogDigest {
  readonly client: string;
  readonly calls: readonly SpentCall[];
  readonly droppedRowCount: number;
  /** When its last call ended. `undefined`: no call tells. */
  readonly endedAt: At | undefined;
  /** Hashes of the request ids of its calls, and whether some have none. */
  readonly requestIds: Float64Array;
  readonly hasUnnamed: boolean;
}

export function digestOfLog(session: SessionTrace, models: RecordedModels): LogDigest {
  const calls = callsOfLog(session, models);
  const named = calls.flatMap(({ requestId }) => requestId ?? []);
  return {
    client: session.client,
    calls: [...Map.groupBy(calls, alikeKey).values()].map(together),
    droppedRowCount: session.dropped.malformedCount + session.dropped.oversizedCount,
    endedAt: lastCallAt(session.threads),
    requestIds: Float64Array.from(named, hashText),
    hasUnnamed: named.length < calls.length,
  };
}

/** All that tables tell calls of one session apart by; what is known of one and not of another is no sum. */
function alikeKey({ at, model, usage, billNanoUsd, unpriced }: SpentCall): string {
  const stretch = at === undefined ? '' : Math.floor(at / STRETCH_MS);
  return JSON.stringify([stretch, model, usage === undefined, billNanoUsd === undefined, unpriced]);
}

function together(calls: readonly SpentCall[]): SpentCall {
  const [first] = calls;
  if (first === undefined || calls.length === 1) return first as SpentCall;
  const times = calls.flatMap(({ at }) => at ?? []);
  return {
    ...first,
    at: times.length === 0 ? undefined : Math.min(...times),
    several: { callCount: calls.length, lastAt: times.length === 0 ? undefined : Math.max(...times) },
    requestId: undefined,
    usage: first.usage && sumUsage(calls.flatMap(({ usage }) => usage ?? [])),
    billNanoUsd:
      first.billNanoUsd === undefined ? undefined : sumNanoUsd(calls.flatMap(({ billNanoUsd }) => billNanoUsd ?? [])),
  };
}

/** The gateway's records, as far as calls of logs may be the same ones. */
export interface RecordedIds {
  mayHold(digest: LogDigest): boolean;
}

/** Tells which sessions have to be held against the gateway's records call by call. */
export function recordedIds(recorded: readonly SpentCall[]): RecordedIds {
  const records = recorded.filter(({ source }) => source === 'gateway');
  const ids = new Set(records.flatMap(({ requestId }) => (requestId === undefined ? [] : [hashText(requestId)])));
  const isUnnamed = records.some(({ requestId }) => requestId === undefined);
  let firstAt = Number.POSITIVE_INFINITY;
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const { at } of records) {
    firstAt = Math.min(firstAt, (at ?? firstAt) - SAME_CALL_MS);
    lastAt = Math.max(lastAt, (at ?? lastAt) + SAME_CALL_MS);
  }
  const isNear = ({ at, several }: SpentCall): boolean =>
    at !== undefined && at <= lastAt && (several?.lastAt ?? at) >= firstAt;
  return {
    mayHold: ({ requestIds, hasUnnamed, calls }) =>
      records.length > 0 && (requestIds.some((id) => ids.has(id)) || ((isUnnamed || hasUnnamed) && calls.some(isNear))),
  };
}

/** Whether calls that stand together lie on one side of what is asked for. */
export function isOnOneSide({ at, several }: SpentCall, isWithin: (at: At | undefined) => boolean): boolean {
  return several === undefined || isWithin(at) === isWithin(several.lastAt);
}
