import type { AuditWish } from '../../audit/audit-entry.ts';
import { toTrialSteps } from '../../decisions/policy-gain.ts';
import { withoutCandidateMark } from '../../decisions/policy-trial.ts';
import type { At } from '../../domain/time.ts';
import { sessionGains } from '../../learn/reward/off-policy.ts';
import { parseReward } from '../../learn/reward/reward-expression.ts';
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
    const own = rows.filter(({ step }) => withoutCandidateMark(step.decision.policyId) === policyId);
    const verdict = judgeTrial(sessionGains(toTrialSteps(own, parseReward(candidate.reward))));
    const act =
      verdict.kind === 'worse' ? 'retreated' : verdict.kind === 'better' && promote === 'by-rule' ? 'promoted' : 'none';
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
      const { sessionCount, gain, low, high } = verdict;
      const detail = { by: 'canary', sessionCount, gain, low, high };
      await note({ act: act === 'retreated' ? 'policy-retreated' : 'policy-promoted', subject: policyId, detail });
    }
    judged.push({ policyId, candidate, verdict, act: isDone ? act : 'none' });
  }
  return judged;
}
