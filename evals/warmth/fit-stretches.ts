import { MINUTE_MS, type Ms } from '../../src/domain/time.ts';
import { promptTokens } from '../../src/domain/usage.ts';
import {
  NO_TURNS,
  STRETCH_TARGETS,
  stretchFeatures,
  withTurnCall,
  type StretchTable,
  type StretchTarget,
} from '../../src/predict/forecast/stretches.ts';
import { pieceRatioOf } from '../../src/predict/step-sizes.ts';
import type { CallTrace, SessionTrace, ThreadTrace } from '../../src/sessions/session-trace.ts';
import { fitLogLinear } from './fit-log-linear.ts';
import { fitPrompts } from './fit-prompts.ts';

/** Longer pauses than the shortest time to live of vendors whose reads renew (2026-11). */
const LATE_MS: Ms = 5 * MINUTE_MS;
/** A prompt that keeps less than this of the one before has to be written again, whoever takes it. */
const KEPT_RATIO = 0.5;

/** A turn counts where it begins, where its caches are gone, and each time that it is twice as long as before. */
const isCounted = (callsInTurn: number): boolean => Number.isInteger(Math.log2(callsInTurn));

interface Stretch {
  readonly features: readonly number[];
  readonly targets: Readonly<Record<StretchTarget, number>>;
}

/** How far picks carried in these sessions by what came before them, and what a call adds. */
export function fitStretches(sessions: Iterable<SessionTrace>): StretchTable {
  const threads = [...sessions].flatMap((session) => session.threads.filter((thread) => thread.calls.length > 0));
  const calls = { count: 0, output: 0, grown: 0, grownCount: 0 };
  let turnCount = 0;
  for (const thread of threads) {
    turnCount += (columnsOf(thread).turnOf.at(-1) ?? 0) + 1;
    for (const [index, call] of thread.calls.entries()) addCall(calls, thread.calls[index - 1], call);
  }
  const callsPerTurn = rounded(calls.count / Math.max(1, turnCount));
  const stretches = threads.flatMap((thread) => [...stretchesOf(thread, callsPerTurn)]);
  const weightsOf = (target: StretchTarget): readonly number[] =>
    fitLogLinear(stretches.map(({ features, targets }) => ({ features, value: targets[target] }))).map(rounded);
  const perCall = {
    newTokensPerCall: Math.round(calls.grown / Math.max(1, calls.grownCount)),
    outputTokensPerCall: Math.round(calls.output / Math.max(1, calls.count)),
  };
  return {
    threadCount: threads.length,
    callsPerTurn,
    weights: Object.fromEntries(
      STRETCH_TARGETS.map((target) => [target, weightsOf(target)]),
    ) as StretchTable['weights'],
    promptWeights: fitPrompts(threads, perCall).map(rounded),
    ...perCall,
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
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

function* stretchesOf(thread: ThreadTrace, callsPerTurn: number): Generator<Stretch> {
  const columns = columnsOf(thread);
  let turns = NO_TURNS;
  for (const [i, { usage, at }] of thread.calls.entries()) {
    const before = thread.calls[i - 1];
    const gapMs = before?.at === undefined || at === undefined ? undefined : at - before.at;
    turns = withTurnCall(turns, columns.starts[i] === 1, gapMs);
    const isCold = i > 0 && columns.endOf[i - 1] === i;
    if (usage === undefined || !(isCold || isCounted(turns.callsInTurn))) continue;
    yield {
      features: stretchFeatures({ callsPerTurn }, turns, promptTokens(usage)),
      targets: stretchFrom(i, columns),
    };
  }
}

function stretchFrom(from: number, { endOf, turnOf, pieceOf }: Columns): Stretch['targets'] {
  const sums = { calls: 0, pieces: 0, laterCalls: 0, laterPieces: 0 };
  for (let i = from; i < (endOf[from] ?? from); i += 1) {
    const isOwn = turnOf[i] === turnOf[from];
    sums[isOwn ? 'calls' : 'laterCalls'] += 1;
    sums[isOwn ? 'pieces' : 'laterPieces'] += pieceOf[i] ?? 0;
  }
  return sums;
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
