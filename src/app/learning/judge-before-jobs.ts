import type { Config } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { PolicyLock } from '../../policy/policy-lock.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { openStoreViewsFor } from '../open-views.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { withAudit } from '../stores/open-audit.ts';
import { lockFor, withLockFor } from '../stores/open-lock.ts';
import { judgeTrials } from './judge-trials.ts';

export interface JudgedBefore {
  readonly options: Pick<PointsmanOptions, 'store' | 'onWarning'>;
  readonly config: Config;
  readonly gate: Pick<FolderGate, 'claim'>;
  readonly recorder: Pick<Recorder, 'outcomes'>;
  readonly clock: () => At;
}

/**
 * Judges what is on a canary before jobs begin, where no gateway may serve that would: what has lost is not obeyed once more. A canary that
 * cannot be judged goes on, and that is told. Gives the lock as it then is.
 */
export async function judgeBeforeJobs(lock: PolicyLock, by: JudgedBefore): Promise<PolicyLock> {
  const { options, config, gate, recorder, clock } = by;
  if (!Object.values(lock).some(({ candidate }) => candidate?.stage === 'canary')) return lock;
  try {
    const { views, close } = await openStoreViewsFor(options, config);
    try {
      await withLockFor(options, config, async (store, place) =>
        judgeTrials({
          lock: store,
          source: { views, outcomes: recorder },
          promote: config.learn?.promote ?? 'by-hand',
          now: clock(),
          note: async (...wishes) =>
            withAudit({ store: place, gate }, async (trail) =>
              trail.append(wishes.map((wish) => ({ ...wish, actor: 'jobs' }))),
            ),
        }),
      );
    } finally {
      await close();
    }
  } catch (thrown) {
    options.onWarning?.(toPointsmanError(thrown, 'record-unreadable'));
  }
  return lockFor(options, config);
}

/** Long enough for the sessions of a canary to have ended, and short enough that little is lost meanwhile. */
const JUDGE_EVERY_MS: Ms = 600_000;

/** The same service; before a job begins or goes on, `judge` is asked, seldom more than once in ten minutes. */
export function judgingFirst(service: Pointsman, clock: () => At, judge: () => Promise<void>): Pointsman {
  let judgedAt = Number.NEGATIVE_INFINITY;
  const first = async (): Promise<void> => {
    const now = clock();
    if (now - judgedAt < JUDGE_EVERY_MS) return;
    judgedAt = now;
    await judge();
  };
  return {
    ...service,
    startJob: async (...asked) => {
      await first();
      return service.startJob(...asked);
    },
    runJob: async (...asked) => {
      await first();
      return service.runJob(...asked);
    },
    planJob: async (...asked) => {
      await first();
      return service.planJob(...asked);
    },
    resumeJob: async (...asked) => {
      await first();
      return service.resumeJob(...asked);
    },
  };
}
