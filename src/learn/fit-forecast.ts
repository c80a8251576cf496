import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { ForecastTables } from '../predict/artifact.ts';
import type { SessionTrace, StepTrace, ThreadTrace } from '../sessions/session-trace.ts';

type Lists = Record<StepKind, number[]>;

/** Pseudo-count of every transition, so that what was never seen stays possible. */
const SMOOTHING = 0.5;

/**
 * What follows what in recorded sessions: kinds, ends, pauses, calls, output and growth, per kind. Medians, because a few
 * huge steps would drown the rest. Kinds without a step are left out, and the rules' figures hold for them.
 */
export function fitForecast(sessions: readonly SessionTrace[]): ForecastTables {
  const next = Object.fromEntries(STEP_KINDS.map((kind) => [kind, emptyCounts()])) as Record<
    StepKind,
    Record<StepKind, number>
  >;
  const [ends, seen] = [emptyCounts(), emptyCounts()];
  const lists = {
    gapMs: emptyLists(),
    callGapMs: emptyLists(),
    callCount: emptyLists(),
    output: emptyLists(),
    added: emptyLists(),
  };
  for (const thread of sessions.flatMap((session) => session.threads)) {
    for (const [index, step] of thread.steps.entries()) {
      const following = thread.steps[index + 1];
      seen[step.kind] += 1;
      if (following === undefined) ends[step.kind] += 1;
      else {
        next[step.kind][following.kind] += 1;
        pushGap(lists.gapMs[step.kind], thread, following.firstCallIndex);
      }
      measureStep(thread, step, lists);
    }
  }
  const kinds = STEP_KINDS.filter((kind) => seen[kind] > 0);
  const medians = (from: Lists): Partial<Record<StepKind, number>> =>
    Object.fromEntries(kinds.filter((kind) => from[kind].length > 0).map((kind) => [kind, median(from[kind])]));
  return {
    transitions: Object.fromEntries(kinds.map((kind) => [kind, shares(next[kind])])),
    endRatio: Object.fromEntries(
      kinds.map((kind) => [kind, round((ends[kind] + SMOOTHING) / (seen[kind] + 2 * SMOOTHING))]),
    ),
    gapMs: medians(lists.gapMs),
    callGapMs: medians(lists.callGapMs),
    callCount: medians(lists.callCount),
    outputTokensPerCall: medians(lists.output),
    newTokensPerCall: medians(lists.added),
    sessionCount: sessions.length,
  };
}

function measureStep(
  thread: ThreadTrace,
  step: StepTrace,
  lists: Record<'callGapMs' | 'callCount' | 'output' | 'added', Lists>,
): void {
  lists.callCount[step.kind].push(step.callCount);
  for (let index = step.firstCallIndex; index < step.firstCallIndex + step.callCount; index += 1) {
    const call = thread.calls[index];
    if (call === undefined) continue;
    if (call.usage !== undefined && call.usage.outputTokens > 0) lists.output[step.kind].push(call.usage.outputTokens);
    if (index === step.firstCallIndex) continue;
    lists.added[step.kind].push(Math.ceil(call.prefix.appendedCharCount / 4));
    pushGap(lists.callGapMs[step.kind], thread, index);
  }
}

function pushGap(list: number[], thread: ThreadTrace, callIndex: number): void {
  const [before, after] = [thread.calls[callIndex - 1], thread.calls[callIndex]];
  const from = before?.endedAt ?? before?.at;
  if (from !== undefined && after?.at !== undefined && after.at >= from) list.push(after.at - from);
}

function shares(counts: Readonly<Record<StepKind, number>>): Partial<Record<StepKind, number>> {
  const total = STEP_KINDS.reduce((sum, kind) => sum + counts[kind] + SMOOTHING, 0);
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, round((counts[kind] + SMOOTHING) / total)]));
}

function emptyCounts(): Record<StepKind, number> {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, 0])) as Record<StepKind, number>;
}

function emptyLists(): Lists {
  return Object.fromEntries(STEP_KINDS.map((kind) => [kind, [] as number[]])) as unknown as Lists;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.max(1, Math.round(sorted[Math.floor(sorted.length / 2)] ?? 1));
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
