import { formatUsd, type NanoUsd } from '../../domain/money.ts';
import { MINUTE_MS, type Ms } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import { adviceCalls } from '../context/ask-tool.ts';
import type { CallEntry } from '../model/job-journal.ts';
import { spentOf } from '../model/job-money.ts';
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
  const nanoUsd = attemptSpent(run, task);
  if (maxNanoUsd !== undefined && nanoUsd >= maxNanoUsd)
    return `It did not come to an answer for ${formatUsd(maxNanoUsd)}.`;
  if (maxMs !== undefined && workedMs >= maxMs)
    return `It did not come to an answer within ${Math.round(maxMs / MINUTE_MS)} minutes.`;
  return undefined;
}

/** What this attempt has billed so far, what it asked other models included. */
export function attemptSpent(run: JobRun, task: Pick<AgentTask, 'step' | 'attempt'>): NanoUsd {
  const asked = adviceCalls(run.calls.entries(), task.step.stepId, task.attempt);
  return spentOf([...attemptCalls(run, task), ...asked]);
}

/** Calls of this very attempt, pings and questions beside it left out. */
export function attemptCalls(
  run: JobRun,
  { step, attempt }: Pick<AgentTask, 'step' | 'attempt'>,
): readonly CallEntry[] {
  return run.calls
    .entries()
    .filter((entry) => entry.stepId === step.stepId && entry.attempt === attempt && entry.purpose === undefined);
}
