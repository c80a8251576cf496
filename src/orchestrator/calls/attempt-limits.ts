import { formatUsd } from '../../domain/money.ts';
import { MINUTE_MS, type Ms } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { CallEntry } from '../model/job-journal.ts';
import type { JobRun } from '../model/job-run.ts';
import type { AgentTask } from './attempt-task.ts';

/** Why an attempt may make no further call; `undefined`: it may. */
export function limitReached(run: JobRun, task: AgentTask, callCount: number, workedMs: Ms): string | undefined {
  const { maxCalls, maxTokens, maxNanoUsd, maxMs } = run.services.stepLimits;
  if (callCount >= maxCalls) return `It did not come to an answer within ${maxCalls} calls.`;
  const ended = attemptCalls(run, task).flatMap(({ end }) => end ?? []);
  const tokens = ended.reduce(
    (sum, { usage }) => sum + (usage === undefined ? 0 : promptTokens(usage) + usage.outputTokens),
    0,
  );
  if (maxTokens !== undefined && tokens >= maxTokens) return `It did not come to an answer within ${maxTokens} tokens.`;
  const nanoUsd = ended.reduce((sum, { billNanoUsd }) => sum + (billNanoUsd ?? 0), 0);
  if (maxNanoUsd !== undefined && nanoUsd >= maxNanoUsd)
    return `It did not come to an answer for ${formatUsd(maxNanoUsd)}.`;
  if (maxMs !== undefined && workedMs >= maxMs)
    return `It did not come to an answer within ${Math.round(maxMs / MINUTE_MS)} minutes.`;
  return undefined;
}

/** Calls of this very attempt, pings and questions beside it left out. */
export function attemptCalls(run: JobRun, { step, attempt }: AgentTask): readonly CallEntry[] {
  return run.calls
    .entries()
    .filter((entry) => entry.stepId === step.stepId && entry.attempt === attempt && entry.purpose === undefined);
}
