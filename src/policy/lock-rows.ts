import type { RouterPolicy } from '../domain/router-policy.ts';
import { settingLines } from './learned-settings.ts';
import type { LockCandidate, LockedPolicy, LockStage, PolicyLock, TakenSettings } from './policy-lock.ts';

/** What was learned of a policy and where it stands, for whoever looks. */
export interface LockRow {
  readonly policyId: string;
  readonly stage: LockStage | 'in-force';
  readonly settings: readonly string[];
  /** ISO time; `undefined`: not known any more. */
  readonly since: string | undefined;
  readonly allowedBy: string | undefined;
  readonly reward: string | undefined;
  /** What it gains at least, with 95 % confidence, in units of the reward; `undefined`: nothing was proved. */
  readonly lowerBound: { readonly gain: number; readonly of: 'step' | 'session' } | undefined;
  /** False: the policy's file has changed since, or is gone, and nothing of it is obeyed. */
  readonly holds: boolean;
  /** All of it as a sentence or two. */
  readonly text: string;
  /** The command that takes it back. */
  readonly takeBack: string;
}

/** What is in force first, then what is on trial; policies in the order of their names. Pure. */
export function lockRows(
  lock: PolicyLock,
  policies: ReadonlyMap<string, RouterPolicy>,
  digestOf: (policy: RouterPolicy) => string,
): readonly LockRow[] {
  return Object.entries(lock)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([policyId, entry]) => {
      const policy = policies.get(policyId);
      const holds = policy !== undefined && digestOf(policy) === entry.learnedOn;
      const settings = settingLines(entry.current);
      return [
        ...(settings.length === 0 ? [] : [rowOf(policyId, inForce(entry), { settings, holds })]),
        ...(entry.candidate === undefined ? [] : [candidateRow(policyId, entry.candidate, holds)]),
      ];
    });
}

type StandingSettings = Pick<LockRow, 'stage' | 'since' | 'allowedBy' | 'reward' | 'lowerBound'> & {
  readonly said: string;
};

function inForce({ taken }: LockedPolicy): StandingSettings {
  return {
    stage: 'in-force',
    since: taken?.since,
    allowedBy: taken?.allowedBy,
    reward: taken?.reward,
    lowerBound: boundOf(taken),
    said: 'in force',
  };
}

function candidateRow(policyId: string, candidate: LockCandidate, holds: boolean): LockRow {
  const { stage, settings, since, allowedBy, reward, shareRatio } = candidate;
  const said = {
    proposed: 'proposed, nothing follows from it',
    shadow: 'watched: decided beside and never obeyed',
    canary: `on a canary, obeyed in ${Math.round(100 * shareRatio)} % of the sessions`,
  }[stage];
  const standing = { stage, since, allowedBy, reward, lowerBound: boundOf(candidate), said };
  const lines = settingLines(settings);
  return rowOf(policyId, standing, { settings: lines.length === 0 ? ['as its file has it'] : lines, holds });
}

function boundOf(of: Partial<Pick<TakenSettings, 'shown' | 'evidence'>> | undefined): LockRow['lowerBound'] {
  if (of?.shown !== undefined) return { gain: of.shown.lowerBound, of: 'session' };
  return of?.evidence === undefined ? undefined : { gain: of.evidence.lowerBound, of: 'step' };
}

function rowOf(
  policyId: string,
  { said, ...standing }: StandingSettings,
  { settings, holds }: Pick<LockRow, 'settings' | 'holds'>,
): LockRow {
  const { since, allowedBy, reward, lowerBound } = standing;
  const takeBack = `pointsman learn --retreat --policy ${policyId}`;
  const when = `${since === undefined ? '' : ` since ${since.slice(0, 10)}`}${allowedBy === undefined ? '' : `, allowed by ${allowedBy}`}`;
  const gain =
    lowerBound === undefined
      ? 'No gain is proved'
      : `It gains at least ${Number(lowerBound.gain.toPrecision(3))} a ${lowerBound.of} with 95 % confidence`;
  const by = reward === undefined ? '' : ` (${reward})`;
  const stale = holds ? '' : ' It was learned on another file of the policy, and is not obeyed.';
  const text = `${policyId}, ${settings.join(', ')}: ${said}${when}. ${gain}${by}.${stale}`;
  return { policyId, ...standing, settings, holds, text, takeBack };
}
