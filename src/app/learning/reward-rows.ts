import type { JobId } from '../../domain/ids.ts';
import type { At } from '../../domain/time.ts';
import { toStepsWithFacts, type StepWithFacts } from '../../learn/reward/step-reward.ts';
import type { CallRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import type { StoreViews } from '../../recorder/store-views.ts';

/** Where records are read. */
export interface RewardSource {
  readonly views: Pick<StoreViews, 'newestSteps' | 'calls' | 'job'>;
  readonly outcomes: Pick<Recorder, 'outcomes'>;
}

export interface RowsWanted {
  readonly sinceAt: At;
  readonly now: At;
  /** Whose steps; absent: everybody's. */
  readonly tenant?: string | undefined;
}

const MOST_STEPS = 5000;
const MOST_CALLS = 50_000;
const MOST_OUTCOMES = 20_000;

/** Steps of a store with what came of them. Scripted jobs teach nothing. */
export async function readRewardRows(
  { views, outcomes }: RewardSource,
  { sinceAt, now, tenant }: RowsWanted,
): Promise<readonly StepWithFacts[]> {
  const newest = await views.newestSteps(MOST_STEPS);
  const wanted = newest.filter((step) => step.startedAt >= sinceAt && (tenant === undefined || step.tenant === tenant));
  const steps = await withoutScripted(wanted, views);
  const oldest = steps.reduce((least, { startedAt }) => Math.min(least, startedAt), now);
  const calls = await views.calls({ sinceAt: oldest }, { limit: MOST_CALLS });
  return toStepsWithFacts({
    steps: steps.toReversed(),
    calls: calls.map(({ call }): CallRecord => call),
    outcomes: await outcomes.outcomes({ limit: MOST_OUTCOMES }),
    now,
  });
}

async function withoutScripted(
  steps: readonly StepRecord[],
  views: Pick<StoreViews, 'job'>,
): Promise<readonly StepRecord[]> {
  const scripted = new Set<JobId>();
  for (const jobId of new Set(steps.flatMap((step) => step.jobId ?? []))) {
    if ((await views.job(jobId))?.scripted === true) scripted.add(jobId);
  }
  return steps.filter(({ jobId }) => jobId === undefined || !scripted.has(jobId));
}
