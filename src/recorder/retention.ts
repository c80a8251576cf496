import type { At } from '../domain/time.ts';

/** How many of the newest jobs always stay, however old: what routing learns from must not go with age. */
export const LEARNING_JOB_COUNT = 100;

/** What a store of records holds and takes. */
export interface StoreSummary {
  readonly file: string;
  /** With the write-ahead log beside it. */
  readonly sizeBytes: number;
  /** Of it: pages that hold nothing and are written next. */
  readonly freeBytes: number;
  /** False in stores of before: what is removed leaves room inside the file, which does not become smaller. */
  readonly shrinks: boolean;
  readonly jobCount: number;
  /** Jobs that run or are paused. */
  readonly unfinishedJobCount: number;
  readonly stepCount: number;
  readonly callCount: number;
  readonly outcomeCount: number;
  /** Start of the oldest job, step or call; `undefined`: there is none. */
  readonly oldestAt: At | undefined;
}

export interface PruneOptions {
  readonly file: string;
  /** Records of what started before it go. */
  readonly before: At;
  /** Only count; the file is not written. */
  readonly dryRun?: boolean;
  /** Stops between two transactions; what is gone by then stays gone. */
  readonly signal?: AbortSignal;
}

/** What was removed, or would be. */
export interface PruneResult {
  readonly jobCount: number;
  readonly stepCount: number;
  readonly callCount: number;
  /** By how much the file became smaller. 0 in a dry run. */
  readonly freedBytes: number;
  /** As in `StoreSummary`. */
  readonly shrinks: boolean;
}
