import type { AuditWish } from '../../audit/audit-entry.ts';
import { refusedByCandidate, toTrialSteps } from '../../decisions/policy-gain.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { At } from '../../domain/time.ts';
import { sessionGains } from '../../learn/reward/off-policy.ts';
import { parseReward, type RewardExpression } from '../../learn/reward/reward-expression.ts';
import { judgeTrial, mayWiden, NOTHING_SHOWN, type TrialVerdict } from '../../learn/reward/trial-verdict.ts';
import { promoted, retreated, widened } from '../../policy/lock-moves.ts';
import type { LockCandidate, LockShown } from '../../policy/policy-lock.ts';
import { noteMoves, type LockStore } from '../stores/open-lock.ts';
import { readTrialRows, type RewardSource } from './reward-rows.ts';

/** What a canary has shown, and what followed from it. */
export interface JudgedTrial {
  readonly policyId: string;
  readonly candidate: LockCandidate;
  readonly verdict: TrialVerdict;
  /** Steps that it would refuse and the policy serves: with any it is not judged further. */
  readonly refusedCount: number;
  /** Why nobody can judge it; absent: it can be judged. What cannot be judged is not obeyed. */
  readonly unreadableWhy?: string;
  readonly act: 'none' | 'promoted' | 'retreated' | 'widened';
}

export interface JudgeOptions {
  readonly lock: LockStore;
  readonly source: RewardSource;
  /** `by-rule`: what has won takes over. What has lost goes back in any case. */
  readonly promote: 'by-hand' | 'by-rule';
  readonly now: At;
  /** As the audit trail names it. */
  readonly actor: string;
  readonly append: (wishes: readonly AuditWish[]) => Promise<void>;
}

/** Judges every canary by what its sessions have brought so far. It may be asked as often as one likes: the test allows for it. */
export async function judgeTrials(options: JudgeOptions): Promise<readonly JudgedTrial[]> {
  const { lock, append } = options;
  const judged: JudgedTrial[] = [];
  try {
    for (const [policyId, { candidate }] of Object.entries(await lock.read())) {
      if (candidate?.stage === 'canary') judged.push(await judgeOne(policyId, candidate, options));
    }
  } finally {
    // Those of processes that were killed before they could, too.
    await noteMoves(lock, append);
  }
  return judged;
}

async function judgeOne(policyId: string, candidate: LockCandidate, options: JudgeOptions): Promise<JudgedTrial> {
  const shown = await shownBy(candidate, options);
  const { verdict, refusedCount, unreadableWhy } = shown;
  const isLost = unreadableWhy !== undefined || verdict.kind === 'worse' || refusedCount > 0;
  const wanted = isLost ? 'retreated' : wantedOf(verdict, options.promote);
  const act =
    wanted !== 'none' && (await isMoved(policyId, { candidate, shown, act: wanted, options })) ? wanted : 'none';
  return { policyId, candidate, ...shown, act };
}

function wantedOf(verdict: TrialVerdict, promote: JudgeOptions['promote']): 'none' | 'promoted' | 'widened' {
  if (verdict.kind === 'better') return promote === 'by-rule' ? 'promoted' : 'none';
  return mayWiden(verdict) ? 'widened' : 'none';
}

async function isMoved(
  policyId: string,
  {
    candidate,
    shown,
    act,
    options: { lock, now, actor },
  }: {
    readonly candidate: LockCandidate;
    readonly shown: Shown;
    readonly act: Exclude<JudgedTrial['act'], 'none'>;
    readonly options: JudgeOptions;
  },
): Promise<boolean> {
  let isDone = false;
  await lock.move((found) => {
    const entry = found[policyId];
    // Somebody else may have moved it while records were read.
    if (entry?.candidate?.salt !== candidate.salt || entry.candidate.stage !== 'canary') return undefined;
    const wide = act === 'widened' ? widened(found, policyId) : undefined;
    if (act === 'widened' && wide === undefined) return undefined;
    isDone = true;
    const note = { actor, subject: policyId, detail: { by: 'canary', ...notedOf(shown) } };
    if (act === 'retreated')
      return { lock: retreated(found, policyId).lock, note: { act: 'policy-retreated', ...note } };
    if (wide !== undefined)
      return {
        lock: wide,
        note: { act: 'policy-promoted', ...note, detail: { ...note.detail, to: 'half of the sessions' } },
      };
    const by = {
      learnedOn: entry.learnedOn,
      now: new Date(now).toISOString(),
      allowedBy: 'rule of the configuration',
      shown: lockShown(shown.verdict),
    };
    return { lock: promoted(found, policyId, by).lock, note: { act: 'policy-promoted', ...note } };
  });
  return isDone;
}

type Shown = Pick<JudgedTrial, 'verdict' | 'refusedCount' | 'unreadableWhy'>;

/** What a canary has shown until now, moving nothing. */
export async function shownBy(
  candidate: LockCandidate,
  { source, now }: Pick<JudgeOptions, 'source' | 'now'>,
): Promise<Shown> {
  let reward: RewardExpression;
  try {
    reward = parseReward(candidate.reward, candidate);
  } catch (thrown) {
    return { verdict: NOTHING_SHOWN, refusedCount: 0, unreadableWhy: toPointsmanError(thrown).message };
  }
  const rows = await readTrialRows(source, { candidate: candidate.salt, sinceAt: Date.parse(candidate.since), now });
  return { verdict: judgeTrial(sessionGains(toTrialSteps(rows, reward))), refusedCount: refusedByCandidate(rows) };
}

/** Bounds of few sessions reach nowhere, and are kept nowhere. */
export function lockShown({ sessionCount, gain, low }: TrialVerdict): LockShown | undefined {
  return Number.isFinite(low) ? { sessionCount, gain, lowerBound: low } : undefined;
}

function notedOf({ verdict, refusedCount, unreadableWhy }: Shown): Readonly<Record<string, number | string>> {
  const { sessionCount, gain, low, high } = verdict;
  if (unreadableWhy !== undefined) return { why: unreadableWhy };
  return refusedCount > 0 ? { refusedCount } : { sessionCount, gain, low, high };
}
