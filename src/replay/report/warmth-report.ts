import type { NanoUsd } from '../../domain/money.ts';
import type { Ratio } from '../../domain/time.ts';

/** What the caches of the recorded sessions cost where they were cold, and what each way of keeping them warm would have saved. */
export interface WarmthReport {
  /** Of the calls below: what they were billed. */
  readonly billedNanoUsd: NanoUsd;
  readonly losses: readonly WarmthLoss[];
  readonly options: readonly WarmthOption[];
}

/** Where the bill went to prefixes that had to be written, in words of the reader. */
export interface WarmthLoss {
  /** `cold-start`: a thread's first prompt. `cut`: a compaction, a clear or a rewind. `other`: inside the time to live, for whatever reason. */
  readonly cause: 'pause' | 'cut' | 'cold-start' | 'switch' | 'other';
  readonly callCount: number;
  /** Beyond reading the same from the cache. */
  readonly costNanoUsd: NanoUsd;
  readonly billRatio: Ratio;
  readonly label: 'measured' | 'modelled';
}

/**
 * `pings`, `pings-and-hours`: as our policies do it, within their bound. `pings-in-hindsight`: each pause known beforehand. `timing`:
 * each switch of model put off to the next point where the prefix was lost anyway, where that would have been cheaper; known only in
 * hindsight. `fan-out`: threads that start together, one before the others.
 */
export type WarmthOptionName = 'pings' | 'pings-and-hours' | 'pings-in-hindsight' | 'timing' | 'fan-out';

export interface WarmthOption {
  readonly name: WarmthOptionName;
  /** Net of what it costs; below zero it would have cost more. */
  readonly savedNanoUsd: number;
  /** On pings and on writing for an hour. */
  readonly spentNanoUsd: NanoUsd;
  readonly billRatio: Ratio;
  readonly label: 'modelled' | 'assumed';
}
