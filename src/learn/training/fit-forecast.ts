import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { ForecastTables } from '../../predict/artifact.ts';
import type { CallTrace, SessionTrace, StepTrace, ThreadTrace } from '../../sessions/session-trace.ts';
import { rounded } from './rounded.ts';
import { sameRatioOf } from './same-ratio.ts';
import { transitionShares, emptyCounts, SMOOTHING } from './transition-shares.ts';

type Lists = Record<StepKind, number[]>;

/** How many steps of the mean over all kinds a kind's own are held against: a kind seen twice says little. */
const PRIOR_STEPS = 5;
/**
 * What follows what in recorded sessions: kinds, ends, pauses, calls, output and growth, per kind. Sizes are means, because
 * bills add up; kinds that were seen rarely are drawn to the mean of all, and those never seen take it. Pauses are medians: one
 * night says nothing of the others.
 */
export function fitForecast(sessions: readonly SessionTrace[]): ForecastTables {
  const threads = sessions.flatMap((session) => session.threads);
  const [ends, seen] = [emptyCounts(), emptyCounts()];
  const gaps = { gapMs: emptyLists(), callGapMs: emptyLists() };
  const sums = Object.fromEntries(STEP_KINDS.map((kind) => [kind, emptySum()])) as Record<StepKind, SizeSum>;
  for (const thread of threads) {
    for (const [index, step] of thread.steps.entries()) {
      const following = thread.steps[index + 1];
      seen[step.kind] += 1;
      if (following === undefined) ends[step.kind] += 1;
      else pushGap(gaps.gapMs[step.kind], thread, following.firstCallIndex);
      measureStep(thread, step, sums[step.kind], gaps.callGapMs[step.kind]);
    }
  }
  const kinds = STEP_KINDS.filter((kind) => seen[kind] > 0);
  const of = (
    value: (kind: StepKind) => number,
    over: readonly StepKind[] = kinds,
  ): Partial<Record<StepKind, number>> => Object.fromEntries(over.map((kind) => [kind, value(kind)]));
  const sized = kinds.length === 0 ? kinds : STEP_KINDS;
  const all = kinds.reduce((total, kind) => addSums(total, sums[kind]), emptySum());
  const perCall = (kind: StepKind, column: 'output' | 'added'): number => {
    const prior = (PRIOR_STEPS * all.calls) / Math.max(1, all.steps);
    const [own, mean] = [sums[kind][column], all[column].sum / Math.max(1, all[column].count)];
    return Math.max(1, Math.round((own.sum + prior * mean) / (own.count + prior)));
  };
  const runs = threads.map((thread) => thread.steps.map((step) => step.kind));
  return {
    transitions: transitionShares(runs),
    endRatio: of((kind) => rounded((ends[kind] + SMOOTHING) / (seen[kind] + 2 * SMOOTHING))),
    gapMs: medians(gaps.gapMs, kinds),
    callGapMs: medians(gaps.callGapMs, kinds),
    callCount: of(
      (kind) => rounded((sums[kind].calls + (PRIOR_STEPS * all.calls) / all.steps) / (sums[kind].steps + PRIOR_STEPS)),
      sized,
    ),
    outputTokensPerCall: all.output.count === 0 ? {} : of((kind) => perCall(kind, 'output'), sized),
    newTokensPerCall: all.added.count === 0 ? {} : of((kind) => perCall(kind, 'added'), sized),
    sameRatio: sameRatioOf(runs),
    sessionCount: sessions.length,
  };
}

interface SizeSum {
  steps: number;
  calls: number;
  readonly output: { sum: number; count: number };
  readonly added: { sum: number; count: number };
}

function emptySum(): SizeSum {
  return { steps: 0, calls: 0, output: { sum: 0, count: 0 }, added: { sum: 0, count: 0 } };
}

function addSums(one: SizeSum, other: SizeSum): SizeSum {
  const both = (a: SizeSum['output'], b: SizeSum['output']): SizeSum['output'] => ({
    sum: a.sum + b.sum,
    count: a.count + b.count,
  });
  return {
    steps: one.steps + other.steps,
    calls: one.calls + other.calls,
    output: both(one.output, other.output),
    added: both(one.added, other.added),
  };
}

function measureStep(thread: ThreadTrace, step: StepTrace, sum: SizeSum, callGaps: number[]): void {
  sum.steps += 1;
  sum.calls += step.callCount;
  for (let index = step.firstCallIndex; index < step.firstCallIndex + step.callCount; index += 1) {
    const call = thread.calls[index];
    if (call === undefined) continue;
    if (call.usage !== undefined && call.usage.outputTokens > 0) add(sum.output, call.usage.outputTokens);
    const added = addedTokens(thread.calls[index - 1], call);
    if (added !== undefined) add(sum.added, added);
    if (index > step.firstCallIndex) pushGap(callGaps, thread, index);
  }
}

function add(to: SizeSum['output'], value: number): void {
  to.sum += value;
  to.count += 1;
}

/** What people and tools added to the prompt since the call before: from its tokens, else from its characters. */
function addedTokens(before: CallTrace | undefined, call: CallTrace): number | undefined {
  if (before === undefined || call.prefix.relation !== 'appended') return undefined;
  if (call.usage === undefined || before.usage === undefined) return Math.ceil(call.prefix.appendedCharCount / 4);
  return Math.max(0, promptTokens(call.usage) - promptTokens(before.usage) - before.usage.outputTokens);
}

function pushGap(list: number[], thread: ThreadTrace, callIndex: number): void {
  const [before, after] = [thread.calls[callIndex - 1], thread.calls[callIndex]];
  const from = before?.endedAt ?? before?.at;
  if (from !== undefined && after?.at !== undefined && after.at >= from) list.push(after.at - from);
}

function emptyLists(): Lists {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, [] as number[]])) as unknown as Lists;
}

function medians(from: Lists, kinds: readonly StepKind[]): Partial<Record<StepKind, number>> {
  return Object.fromEntries(kinds.filter((kind) => from[kind].length > 0).map((kind) => [kind, median(from[kind])]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.max(1, Math.round(sorted[Math.floor(sorted.length / 2)] ?? 1));
}
