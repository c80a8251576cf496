import { HOUR_MS, type At } from '../../domain/time.ts';
import type { PruneOptions, PruneResult } from '../retention.ts';
import { pruneStore } from './prune-store.ts';
import { summariseStore } from './summarise-store.ts';

export interface SizedPruneOptions extends Pick<PruneOptions, 'file' | 'before' | 'signal'> {
  readonly now: At;
  /** What records may take on the disk. What routing learns from stays, whatever it takes. */
  readonly maxBytes: number;
}

/**
 * Removes what is older than its days, then, as long as the rest takes too much, the older half of the time that is left.
 * @throws PointsmanError as `pruneStore`
 */
export async function pruneToSize(options: SizedPruneOptions): Promise<PruneResult> {
  const { file, now, maxBytes, signal } = options;
  let { before } = options;
  let total = await pruneStore({ file, before, ...(signal === undefined ? {} : { signal }) });
  while (usedBytes(file) > maxBytes && now - before > HOUR_MS) {
    before = now - (now - before) / 2;
    const more = await pruneStore({ file, before, ...(signal === undefined ? {} : { signal }) });
    total = {
      ...more,
      jobCount: total.jobCount + more.jobCount,
      stepCount: total.stepCount + more.stepCount,
      callCount: total.callCount + more.callCount,
      freedBytes: total.freedBytes + more.freedBytes,
    };
  }
  return total;
}

function usedBytes(file: string): number {
  const summary = summariseStore(file);
  return summary === undefined ? 0 : summary.sizeBytes - summary.freeBytes;
}
