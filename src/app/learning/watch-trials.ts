import type { AuditTrail } from '../../audit/audit-trail.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { PolicyLock } from '../../policy/policy-lock.ts';
import type { GatewayStores } from '../gateway-stores.ts';
import type { LockStore } from '../stores/open-lock.ts';
import { judgeTrials, type JudgedTrial } from './judge-trials.ts';
import type { RewardSource } from './reward-rows.ts';

interface TrialWatch {
  readonly lock: LockStore;
  readonly source: RewardSource;
  readonly audit: Pick<AuditTrail, 'append'> | undefined;
  /** Of several processes one judges; all go by what it has written. */
  readonly judges: boolean;
  /** As the configuration is now. */
  readonly promote: () => 'by-hand' | 'by-rule';
  /** What is in force when it begins. */
  readonly known: PolicyLock;
  readonly onChange: (lock: PolicyLock) => void;
  readonly log: Log;
  readonly clock: () => At;
  /** `undefined`: every minute. */
  readonly everyMs: Ms | undefined;
}

const LOOK_EVERY_MS: Ms = 60_000;

function whyMoved({ verdict, refusedCount, unreadableWhy }: JudgedTrial): string {
  if (unreadableWhy !== undefined) return `, as nobody can judge it: ${unreadableWhy}`;
  if (refusedCount > 0) return `: it would refuse ${refusedCount} steps that the policy serves`;
  return ` after ${verdict.sessionCount} sessions that differ`;
}

/** Where a store keeps what was learned; of several processes of one gateway one judges. */
export function openTrials(
  { lock, views, recorder, audit }: Pick<GatewayStores, 'lock' | 'views' | 'recorder' | 'audit'>,
  {
    siblings,
    ...by
  }: Omit<TrialWatch, 'lock' | 'source' | 'audit' | 'judges'> & {
    readonly siblings: { readonly keepsRecords: boolean } | undefined;
  },
): { readonly close: () => void } {
  if (lock === undefined || views === undefined) return { close: () => undefined };
  const source = { views, outcomes: recorder };
  return watchTrials({ ...by, lock, source, audit, judges: siblings?.keepsRecords !== false });
}

/**
 * Goes by the lock of a store as it changes, and judges what is on a canary, while a gateway serves. What cannot be read changes nothing
 * and is told once.
 */
function watchTrials(watch: TrialWatch): { readonly close: () => void } {
  const { lock, source, audit, log, clock, everyMs = LOOK_EVERY_MS } = watch;
  let [known, said] = [JSON.stringify(watch.known), ''];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    try {
      if (watch.judges) {
        const judged = await judgeTrials({
          lock,
          source,
          promote: watch.promote(),
          now: clock(),
          actor: 'gateway',
          append: async (wishes) => audit?.append(wishes),
        });
        for (const trial of judged) {
          if (trial.act !== 'none') log.warn(`The candidate of ${trial.policyId} was ${trial.act}${whyMoved(trial)}.`);
        }
      }
      const now = await lock.read();
      const text = JSON.stringify(now);
      if (text !== known && !isClosed) {
        known = text;
        watch.onChange(now);
        log.info('What was learned of policies has changed; it holds from now on.');
      }
      said = '';
    } catch (thrown) {
      const error = toPointsmanError(thrown, 'record-unreadable');
      if (error.message !== said) log.warn(`What was learned of policies stays as it was: ${error.message}`);
      said = error.message;
    }
    next();
  };
  const next = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => void look(), everyMs);
    timer.unref();
  };
  next();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
