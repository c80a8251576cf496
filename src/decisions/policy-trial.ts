import { createHash } from 'node:crypto';
import type { CandidateRow, Chance, DecideInput, Decision } from '../domain/decision.ts';
import { asId, type PolicyId } from '../domain/ids.ts';
import { likeliestOf } from '../domain/need.ts';
import type { ExploreRule, PolicyTrial, RouterPolicy } from '../domain/router-policy.ts';
import type { Ratio } from '../domain/time.ts';

/** Which of two policies a session is held to. */
export interface Arm {
  readonly policy: RouterPolicy;
  /** The other one, whose decision is recorded beside. */
  readonly other: RouterPolicy;
  /** How likely this one was; `undefined`: the other is only watched. */
  readonly ratio: Ratio | undefined;
  readonly allowedBy: string;
  /** Which candidate is on trial, by its salt. */
  readonly candidate: string;
}

const plain = new WeakMap<RouterPolicy, RouterPolicy>();
const candidates = new WeakMap<RouterPolicy, RouterPolicy>();

/** The policy as decisions know it; one object for each, because what is measured of a policy is kept by it. */
export function withoutTrial(policy: RouterPolicy): RouterPolicy {
  if (policy.trial === undefined) return policy;
  let own = plain.get(policy);
  if (own === undefined) {
    const { trial: _trial, ...rest } = policy;
    plain.set(policy, (own = rest));
  }
  return own;
}

/** The two policies of a session and the one it is held to, for as long as the candidate is on trial. Pure. */
export function armOf(policy: RouterPolicy, sessionId: string): Arm | undefined {
  const candidate = policy.trial?.candidate;
  if (policy.trial === undefined || candidate === undefined) return undefined;
  const current = withoutTrial(policy);
  const next = candidateOf(policy, { ...policy.trial, candidate });
  const { allowedBy, shareRatio, salt } = candidate;
  const by = { allowedBy, candidate: salt };
  if (candidate.stage === 'shadow') return { policy: current, other: next, ratio: undefined, ...by };
  return uniformOf(salt, sessionId) < shareRatio
    ? { policy: next, other: current, ratio: shareRatio, ...by }
    : { policy: current, other: next, ratio: 1 - shareRatio, ...by };
}

function candidateOf(
  policy: RouterPolicy,
  { dial: loadedDial, candidate: { rules } }: PolicyTrial & { readonly candidate: Candidate },
): RouterPolicy {
  const known = candidates.get(policy);
  if (known !== undefined) return known;
  const dial = policy.dial === loadedDial ? rules.dial : policy.dial;
  // What is in force may say of stakes what neither the file nor the candidate does.
  const { stakesFactors: _stakes, ...current } = withoutTrial(policy);
  const next = { ...current, ...rules, dial, id: asId<PolicyId>(`${policy.id}${CANDIDATE_MARK}`) };
  candidates.set(policy, next);
  return next;
}

type Candidate = NonNullable<PolicyTrial['candidate']>;

/** True of a decision that a candidate made. */
export function isCandidates({ policyId }: Pick<Decision, 'policyId'>): boolean {
  return policyId.endsWith(CANDIDATE_MARK);
}

/** The id of the policy that a candidate may take the place of. */
export function withoutCandidateMark(id: string): string {
  return id.endsWith(CANDIDATE_MARK) ? id.slice(0, -CANDIDATE_MARK.length) : id;
}

const CANDIDATE_MARK = '+candidate';

/** Between two policies: what each would have chosen, and how likely. `undefined`: they agree, and the choice was certain. */
export function canaryChance(arm: Arm, own: Decision, other: Decision): Chance | undefined {
  if (arm.ratio === undefined || own.kind === 'refuse' || other.kind === 'refuse') return undefined;
  if (own.to === other.to && own.mode === other.mode && own.ladder.length === other.ladder.length) return undefined;
  return {
    by: 'canary',
    allowedBy: arm.allowedBy,
    among: [
      { model: own.to, mode: own.mode, rungCount: own.ladder.length, ratio: arm.ratio },
      { model: other.to, mode: other.mode, rungCount: other.ladder.length, ratio: 1 - arm.ratio },
    ],
    drawn: 0,
  };
}

/**
 * Draws among candidates that are as good as the best, in a share of the steps. Never where a failure would do harm, where somebody or
 * something else has the say, or after a rejection. Which steps draw and what, their ids say: the same step draws the same.
 */
export function tieChance(input: DecideInput, decision: Decision, rule: ExploreRule | undefined): Chance | undefined {
  if (rule === undefined || !mayExplore(input, decision)) return undefined;
  const tied = tiedRows(decision.candidates, rule);
  if (tied.length < 2) return undefined;
  const share = rule.shareRatio / tied.length;
  const among = tied.map(({ model, mode, ladder }, index) => ({
    model,
    mode,
    rungCount: ladder.length,
    ratio: index === 0 ? 1 - rule.shareRatio + share : share,
  }));
  let left = uniformOf('explore', input.decisionId);
  const drawn = among.findIndex(({ ratio }) => (left -= ratio) < 0);
  return { by: 'tie', allowedBy: rule.allowedBy, among, drawn: Math.max(0, drawn) };
}

/** Where the stakes are not known they are not taken for low. */
function mayExplore({ override, session, step }: DecideInput, { kind }: Decision): boolean {
  if (kind === 'refuse' || kind === 'escalate' || override !== undefined || step.need === undefined) return false;
  if (session.openToolLoop || session.risk !== 'none' || step.tried.length > 0) return false;
  const harm = step.need.stakes.ratios[2] ?? 0;
  return likeliestOf(step.need, 'stakes').value < 3 && harm < HARM_RATIO;
}

/** So likely to do harm, and nothing is tried. */
const HARM_RATIO: Ratio = 0.1;

function tiedRows(rows: readonly CandidateRow[], { tieRatio, maxNanoUsd }: ExploreRule): readonly CandidateRow[] {
  const [best] = rows;
  if (best === undefined) return [];
  const most = best.totalNanoUsd + Math.min(maxNanoUsd, tieRatio * best.totalNanoUsd);
  return rows.filter(
    (row) => row === best || (row.totalNanoUsd <= most && row.beatenBy === undefined && row.effort === undefined),
  );
}

/** Uniform in [0, 1), the same for the same words. */
function uniformOf(salt: string, key: string): Ratio {
  return createHash('sha256').update(`${salt}\0${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
