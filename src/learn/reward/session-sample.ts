import type { Ratio } from '../../domain/time.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { hashBucket } from '../../stats/seeded-random.ts';

/** Whole sessions, as many as may be kept, each as likely as any other whatever came of it. */
export interface SessionSample {
  add(step: StepRecord): void;
  /** The oldest first; the same step once, as it was added first. */
  steps(): readonly StepRecord[];
  /** Share of the sessions that is kept; 1: all. */
  readonly ratio: Ratio;
}

/** Of steps that are added the newest first. */
export function createSessionSample(most: number): SessionSample {
  const kept = new Map<string, StepRecord>();
  let buckets = 100;
  const isKept = ({ sessionId }: StepRecord): boolean => hashBucket(sessionId, 'sample') < buckets;
  return {
    add(step) {
      const { decisionId } = step.decision;
      if (!isKept(step) || kept.has(decisionId)) return;
      kept.set(decisionId, step);
      while (kept.size > most && buckets > 1) {
        buckets = Math.ceil(buckets / 2);
        for (const [id, one] of kept) if (!isKept(one)) kept.delete(id);
      }
    },
    steps: () => [...kept.values()].toReversed(),
    get ratio() {
      return buckets / 100;
    },
  };
}
