import { MINUTE_MS, type Ms } from '../../src/domain/time.ts';
import { promptTokens } from '../../src/domain/usage.ts';
import { NO_TURNS, stretchKeys, withTurnCall, type StretchTable } from '../../src/predict/forecast/stretches.ts';
import { pieceRatioOf } from '../../src/predict/step-sizes.ts';
import type { CallTrace, SessionTrace, ThreadTrace } from '../../src/sessions/session-trace.ts';

/** Longer pauses than the shortest time to live of vendors whose reads renew (2026-11). */
const LATE_MS: Ms = 5 * MINUTE_MS;
/** A prompt that keeps less than this of the one before has to be written again, whoever takes it. */
const KEPT_RATIO = 0.5;

interface Sums {
  count: number;
  calls: number;
  pieces: number;
  laterCalls: number;
  laterPieces: number;
}

/** Stretches of threads by what came before them, and what a call adds. */
export function fitStretches(sessions: Iterable<SessionTrace>): StretchTable {
  const stretches = new Map<string, Sums>();
  const calls = { count: 0, output: 0, grown: 0, grownCount: 0 };
  let threadCount = 0;
  for (const { threads } of sessions) {
    for (const thread of threads) {
      if (thread.calls.length === 0) continue;
      threadCount += 1;
      addThread(stretches, thread);
      for (const [index, call] of thread.calls.entries()) addCall(calls, thread.calls[index - 1], call);
    }
  }
  return {
    threadCount,
    stretches: Object.fromEntries(
      [...stretches].map(([key, sums]) => [key, roundedSums(sums)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    newTokensPerCall: Math.round(calls.grown / Math.max(1, calls.grownCount)),
    outputTokensPerCall: Math.round(calls.output / Math.max(1, calls.count)),
  };
}

function roundedSums(sums: Sums): Sums {
  return {
    ...sums,
    pieces: Math.round(100 * sums.pieces) / 100,
    laterPieces: Math.round(100 * sums.laterPieces) / 100,
  };
}

/** A thread as columns over its calls. */
interface Columns {
  /** [calls] 1: a person caused it. */
  readonly starts: Uint8Array;
  readonly turnOf: Int32Array;
  /** [calls] Share of a piece of work that the call is. */
  readonly pieceOf: Float64Array;
  /** [calls] The call at which the caches that this one leaves are gone, or the number of calls. */
  readonly endOf: Int32Array;
}

function columnsOf({ calls, userMessages }: ThreadTrace): Columns {
  const starts = new Uint8Array(calls.length);
  for (const { beforeCallIndex } of userMessages) if (beforeCallIndex < calls.length) starts[beforeCallIndex] = 1;
  const turnOf = new Int32Array(calls.length);
  for (let i = 1; i < calls.length; i += 1) turnOf[i] = (turnOf[i - 1] ?? 0) + (starts[i] ?? 0);
  const lengths = new Float64Array((turnOf.at(-1) ?? 0) + 1);
  for (const turn of turnOf) lengths[turn] = (lengths[turn] ?? 0) + 1;
  const pieceOf = Float64Array.from(turnOf, (turn) => {
    const length = lengths[turn] ?? 1;
    return pieceRatioOf('other', length) / length;
  });
  return { starts, turnOf, pieceOf, endOf: stretchEnds(calls) };
}

/** A turn counts once in each context that it enters, with what came from there until the caches were gone. */
function addThread(stretches: Map<string, Sums>, thread: ThreadTrace): void {
  const columns = columnsOf(thread);
  let turns = NO_TURNS;
  let seen = new Set<string>();
  for (const [i, { usage }] of thread.calls.entries()) {
    const startsTurn = columns.starts[i] === 1;
    if (startsTurn) seen = new Set();
    turns = withTurnCall(turns, startsTurn);
    if (usage === undefined) continue;
    for (const key of stretchKeys(turns, promptTokens(usage))) {
      if (seen.has(key)) continue;
      seen.add(key);
      addStretch(stretches, key, i, columns);
    }
  }
}

function addStretch(stretches: Map<string, Sums>, key: string, from: number, columns: Columns): void {
  let sums = stretches.get(key);
  if (sums === undefined) stretches.set(key, (sums = { count: 0, calls: 0, pieces: 0, laterCalls: 0, laterPieces: 0 }));
  sums.count += 1;
  for (let i = from; i < (columns.endOf[from] ?? from); i += 1) {
    const isOwn = columns.turnOf[i] === columns.turnOf[from];
    sums[isOwn ? 'calls' : 'laterCalls'] += 1;
    sums[isOwn ? 'pieces' : 'laterPieces'] += columns.pieceOf[i] ?? 0;
  }
}

function stretchEnds(calls: readonly CallTrace[]): Int32Array {
  const ends = new Int32Array(calls.length);
  let end = calls.length;
  for (let i = calls.length - 1; i >= 0; i -= 1) {
    ends[i] = end;
    const [before, call] = [calls[i - 1], calls[i]];
    if (before !== undefined && call !== undefined && isBreak(before, call)) end = i;
  }
  return ends;
}

function isBreak(before: CallTrace, call: CallTrace): boolean {
  if (before.at !== undefined && call.at !== undefined && call.at - before.at > LATE_MS) return true;
  const { relation, keptTokens } = call.prefix;
  if (relation === 'appended' || before.usage === undefined || call.usage === undefined) return false;
  // A log that does not say what was kept of a prompt shows at least how long the next one is.
  return (keptTokens ?? promptTokens(call.usage)) < KEPT_RATIO * promptTokens(before.usage);
}

function addCall(
  sums: { count: number; output: number; grown: number; grownCount: number },
  before: CallTrace | undefined,
  { usage, prefix }: CallTrace,
): void {
  sums.count += 1;
  sums.output += usage?.outputTokens ?? 0;
  if (before?.usage === undefined || usage === undefined || prefix.relation !== 'appended') return;
  sums.grown += Math.max(0, promptTokens(usage) - promptTokens(before.usage) - before.usage.outputTokens);
  sums.grownCount += 1;
}
