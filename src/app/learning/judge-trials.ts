import type { AuditWish } from '../../audit/audit-entry.ts';
import { refusedByCandidate, toTrialSteps } from '../../decisions/policy-gain.ts';
import { withoutCandidateMark } from '../../decisions/policy-trial.ts';
import type { At } from '../../domain/time.ts';
import { sessionGains } from '../../learn/reward/off-policy.ts';
import { parseReward } from '../../learn/reward/reward-expression.ts';
import type { StepWithFacts } from '../../learn/reward/step-reward.ts';
import { judgeTrial, type TrialVerdict } from '../../learn/reward/trial-verdict.ts';
import { promoted, retreated } from '../../policy/lock-moves.ts';
import type { LockCandidate } from '../../policy/policy-lock.ts';
import type { LockStore } from '../stores/open-lock.ts';
import { readRewardRows, type RewardSource } from './reward-rows.ts';

/** What a canary has shown, and what followed from it. */
export interface JudgedTrial {
  readonly policyId: string;
  readonly candidate: LockCandidate;
  readonly verdict: TrialVerdict;
  /** Steps that it would refuse and the policy serves: with any it is not judged further. */
  readonly refusedCount: number;
  readonly act: 'none' | 'promoted' | 'retreated';
}

export interface JudgeOptions {
  readonly lock: LockStore;
  readonly source: RewardSource;
  /** `by-rule`: what has won takes over. What has lost goes back in any case. */
  readonly promote: 'by-hand' | 'by-rule';
  readonly now: At;
  readonly note: (...wishes: readonly Omit<AuditWish, 'actor'>[]) => Promise<void>;
}

/** Judges every canary by what its sessions have brought so far. It may be asked as often as one likes: the test allows for it. */
export async function judgeTrials(options: JudgeOptions): Promise<readonly JudgedTrial[]> {
  const { lock, source, promote, now, note } = options;
  const judged: JudgedTrial[] = [];
  for (const [policyId, { candidate, learnedOn }] of Object.entries(await lock.read())) {
    if (candidate?.stage !== 'canary') continue;
    const rows = await readRewardRows(source, { sinceAt: Date.parse(candidate.since), now });
    const { verdict, refusedCount } = shownBy(rows, policyId, candidate);
    const isLost = verdict.kind === 'worse' || refusedCount > 0;
    const act = isLost ? 'retreated' : verdict.kind === 'better' && promote === 'by-rule' ? 'promoted' : 'none';
    let isDone = false;
    if (act !== 'none') {
      await lock.change((found) => {
        // Somebody else may have moved it while records were read.
        if (found[policyId]?.candidate?.salt !== candidate.salt || found[policyId].candidate.stage !== 'canary')
          return found;
        isDone = true;
        if (act === 'retreated') return retreated(found, policyId).lock;
        return promoted(found, policyId, {
          learnedOn,
          now: new Date(now).toISOString(),
          allowedBy: 'rule of the configuration',
        }).lock;
      });
    }
    if (isDone) {
      const detail = { by: 'canary', ...noted({ verdict, refusedCount }) };
      await note({ act: act === 'retreated' ? 'policy-retreated' : 'policy-promoted', subject: policyId, detail });
    }
    judged.push({ policyId, candidate, verdict, refusedCount, act: isDone ? act : 'none' });
  }
  return judged;
}

type Shown = Pick<JudgedTrial, 'verdict' | 'refusedCount'>;

function shownBy(rows: readonly StepWithFacts[], policyId: string, { reward }: LockCandidate): Shown {
  const own = rows.filter(({ step }) => withoutCandidateMark(step.decision.policyId) === policyId);
  return {
    verdict: judgeTrial(sessionGains(toTrialSteps(own, parseReward(reward)))),
    refusedCount: refusedByCandidate(own),
  };
}

/** Bounds of few sessions reach nowhere, and are no numbers that a trail could keep. */
function noted({ verdict: { sessionCount, gain, low, high }, refusedCount }: Shown): Readonly<Record<string, number>> {
  return refusedCount > 0 ? { refusedCount } : { sessionCount, gain, low, high };
}
