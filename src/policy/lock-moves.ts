import { PointsmanError } from '../domain/errors.ts';
import type { LearnedSettings } from '../domain/router-policy.ts';
import type { Ratio } from '../domain/time.ts';
import type { LockCandidate, LockedPolicy, LockShown, LockStage, PolicyLock } from './policy-lock.ts';

/** Where a candidate goes next when it is promoted. */
const NEXT: Readonly<Record<LockStage, LockStage | 'current'>> = {
  proposed: 'shadow',
  shadow: 'canary',
  canary: 'current',
};

/** A candidate in the place of an earlier one; what is in force stays. What was in force for another file is gone with it. */
export function withProposal(
  lock: PolicyLock,
  id: string,
  { learnedOn, candidate }: { readonly learnedOn: string; readonly candidate: LockCandidate },
): PolicyLock {
  const known = entryOf(lock, id);
  const entry = known?.learnedOn === learnedOn ? known : { learnedOn, current: {} };
  return { ...lock, [id]: { ...entry, candidate } };
}

/**
 * The candidate one stage further; from `canary` its settings come into force.
 * @throws PointsmanError `not-found` where there is none, `request-invalid` for a lock of another policy file
 */
export function promoted(
  lock: PolicyLock,
  id: string,
  by: {
    readonly learnedOn: string;
    readonly now: string;
    readonly allowedBy: string;
    /** What its canary has shown. Absent: nobody looked. */
    readonly shown?: LockShown | undefined;
  },
): { readonly lock: PolicyLock; readonly to: LockStage | 'current'; readonly candidate: LockCandidate } {
  const entry = entryOf(lock, id);
  if (entry?.candidate === undefined) throw nothingThere(id);
  if (entry.learnedOn !== by.learnedOn) {
    throw new PointsmanError('request-invalid', `The candidate of "${id}" was learned on another policy file.`, {
      hint: 'Learn again: pointsman learn --propose.',
    });
  }
  const { candidate, ...rest } = entry;
  const to = NEXT[candidate.stage];
  const { reward, evidence } = candidate;
  const taken = {
    since: by.now,
    allowedBy: by.allowedBy,
    reward,
    ...(evidence === undefined ? {} : { evidence }),
    ...(by.shown === undefined ? {} : { shown: by.shown }),
  };
  const next: LockedPolicy =
    to === 'current'
      ? { ...rest, current: candidate.settings, taken, before: entry.current }
      : { ...rest, candidate: { ...candidate, stage: to, since: by.now, allowedBy: by.allowedBy } };
  return { lock: { ...lock, [id]: next }, to, candidate };
}

/** So much of the sessions tells most of a candidate. */
const WIDEST: Ratio = 0.5;

/**
 * A canary in half of the sessions, which tells as much of it in two thirds of the time; `undefined`: it has that already. Sessions
 * keep their policy but for those that it takes in.
 */
export function widened(lock: PolicyLock, id: string): PolicyLock | undefined {
  const entry = entryOf(lock, id);
  if (entry?.candidate?.stage !== 'canary' || entry.candidate.shareRatio >= WIDEST) return undefined;
  return { ...lock, [id]: { ...entry, candidate: { ...entry.candidate, shareRatio: WIDEST } } };
}

/**
 * Without the candidate; where there is none, back to what was in force before.
 * @throws PointsmanError `not-found` where there is neither
 */
export function retreated(
  lock: PolicyLock,
  id: string,
): { readonly lock: PolicyLock; readonly from: LockStage | 'current'; readonly settings: LearnedSettings } {
  const entry = entryOf(lock, id);
  if (entry?.candidate !== undefined) {
    const { candidate, ...rest } = entry;
    return { lock: { ...lock, [id]: rest }, from: candidate.stage, settings: candidate.settings };
  }
  if (entry?.before === undefined) throw nothingThere(id);
  const { before, taken: _taken, ...rest } = entry;
  return { lock: { ...lock, [id]: { ...rest, current: before } }, from: 'current', settings: entry.current };
}

function entryOf(lock: PolicyLock, id: string): LockedPolicy | undefined {
  return Object.hasOwn(lock, id) ? lock[id] : undefined;
}

function nothingThere(id: string): PointsmanError {
  return new PointsmanError('not-found', `Nothing was learned of "${id}" that could be promoted or taken back.`, {
    hint: 'Propose something first: pointsman learn --propose.',
  });
}
