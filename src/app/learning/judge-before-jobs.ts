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
          actor: 'jobs',
          append: async (wishes) => withAudit({ store: place, gate }, async (trail) => trail.append(wishes)),
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

/** Advice is asked for often, and whoever has taken something back wants it to hold. */
const REREAD_EVERY_MS: Ms = 60_000;

/**
 * The same service; before a job begins or goes on, `judge` is asked, seldom more than once in ten minutes, and before advice on a step
 * `reread`, seldom more than once in a minute.
 */
export function judgingFirst(
  service: Pointsman,
  clock: () => At,
  { judge, reread }: { readonly judge: () => Promise<void>; readonly reread: () => Promise<void> },
): Pointsman {
  const first = seldom(clock, JUDGE_EVERY_MS, judge);
  const current = seldom(clock, REREAD_EVERY_MS, reread);
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
    routeStep: async (...asked) => {
      await current();
      return service.routeStep(...asked);
    },
  };
}

/** What was asked so lately is not asked again. */
function seldom(clock: () => At, everyMs: Ms, act: () => Promise<void>): () => Promise<void> {
  let askedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock();
    if (now - askedAt < everyMs) return;
    askedAt = now;
    await act();
  };
}
