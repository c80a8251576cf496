import { roundNanoUsd } from '../../domain/money.ts';
import type { ThreadRun } from '../simulation/simulate.ts';
import type { Workload } from '../simulation/workload.ts';
import type { CacheMiss } from './cache-report.ts';
import { createDearest } from './dearest.ts';
import type { Timeline } from './replay-report.ts';

const MAX_CALLS = 2000;

/** Keeps the timelines of the dearest threads, and of no others. */
export interface TimelineKeeper {
  add(work: Workload, misses: readonly CacheMiss[], runs: readonly (readonly [policy: string, run: ThreadRun])[]): void;
  /** One that another keeper has kept. */
  offer(timeline: Timeline): void;
  /** Dearest first. */
  list(): readonly Timeline[];
}

/** @param onKept what is kept for now, in the order in which it came */
export function createTimelineKeeper(
  limit: number,
  onKept: (timeline: Timeline) => void = () => undefined,
): TimelineKeeper {
  const dearest = createDearest<Timeline>(limit, onKept);
  return {
    add(work, misses, runs) {
      const costNanoUsd = roundNanoUsd(work.billedNano.reduce((sum, nano) => sum + nano, 0));
      dearest.offer(costNanoUsd, () => ({ ...timelineOf(work, misses, runs), costNanoUsd }));
    },
    offer: (timeline) => dearest.offer(timeline.costNanoUsd, () => timeline),
    list: dearest.list,
  };
}

function timelineOf(
  work: Workload,
  misses: readonly CacheMiss[],
  runs: readonly (readonly [string, ThreadRun])[],
): Omit<Timeline, 'costNanoUsd'> {
  const missAt = new Map(misses.map((miss) => [miss.index, miss.cause]));
  const shown = Math.min(work.callCount, MAX_CALLS);
  return {
    sessionId: work.session.sessionId,
    client: work.session.client,
    threadId: work.thread.threadId,
    models: work.models.map((model) => model.id),
    steps: work.steps.map(({ kind, firstCall, callCount }) => ({ kind, firstCall, callCount })),
    calls: Array.from({ length: shown }, (_, i) => {
      const usage = work.thread.calls[work.sourceIndex[i] ?? 0]?.usage;
      return {
        at: work.atMs[i] ?? 0,
        model: work.recorded[i] ?? 0,
        costNanoUsd: work.billedNano[i] ?? 0,
        promptTokens: Math.round((work.promptTokens[i] ?? 0) * (work.models[work.recorded[i] ?? 0]?.tokenRatio ?? 1)),
        cacheReadTokens: usage?.cacheReadTokens,
        outputTokens: usage?.outputTokens ?? 0,
        byUser: work.byUser[i] === 1,
        miss: missAt.get(i),
      };
    }),
    omittedCallCount: work.callCount - shown,
    paths: runs.map(([policy, run]) => ({ policy, models: Array.from(run.path.subarray(0, shown)) })),
  };
}
