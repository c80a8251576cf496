import type { CandidateRow, DecideInput, Decision, Rejection, RouteKind } from '../domain/decision.ts';
import { roundNanoUsd, toNanoUsd } from '../domain/money.ts';
import { chooseWriteClass, draftCandidates, familyOf, type DraftCandidate } from './candidates.ts';
import { effortFirst } from './effort-first.ts';
import { guardFamilyMargin, guardOverhead, type Priced } from './guards.ts';
import { lookAhead } from './look-ahead/look-ahead.ts';
import { USUAL_LOOK, type LookOptions } from './look-ahead/look-options.ts';
import { choosePause } from './pause-choice.ts';
import { presentNanoUsd } from './present-cost.ts';
import { hintsFor, reasonsFor } from './reasons.ts';
import { sortedPool } from './sorted-pool.ts';

/**
 * Which model takes a step, in which mode, and why. Hard limits first, never traded for money; then for every eligible
 * (model, mode) the expected bill in four buckets, the frontier penalty, the price of failure over its best ladder, the
 * price of waiting and the cost of the steps that may follow under the caches that this choice leaves behind; then the
 * guards. The lowest total wins, of equals the likelier to succeed, then by model id, turn of the host and mode; after a rejection more
 * effort on a warm prefix goes first. A candidate that loses whatever its future brings is not looked into; its row says so. `options` are for whoever wants every candidate looked at to the end.
 *
 * Pure: the same input gives the same bytes, in whatever order the candidates come. Amounts are whole nano-USD.
 */
export function decide(input: DecideInput, options: LookOptions = USUAL_LOOK): Decision {
  const pool = sortedPool(input.models);
  const { drafts, rejected, searched } = draftCandidates(input, pool, options.isWhole);
  const look = lookAhead(input, searched, drafts, options);
  for (const draft of drafts) chooseWriteClass(input, draft);
  const priced = drafts.map(price).sort(byTotal);
  const margin = guardFamilyMargin(input, priced, familyOf(pool, input.session.incumbent));
  const guarded = guardOverhead(input, margin.kept, pool);
  const kept = drawnFirst(input, effortFirst(input, guarded.kept));
  const out = [...rejected, ...margin.rejected, ...guarded.rejected].sort(byRejection);
  const base = {
    v: 1,
    decisionId: input.decisionId,
    at: input.now,
    policyId: input.policy.id,
    policyVersion: input.policy.version,
    candidates: kept.map((one) => rowOf(one, drafts, kept[0])),
    rejected: out,
    lookahead: look.method === 'beam' ? { ...look, gapNanoUsd: roundNanoUsd(kept[0]?.draft.gap ?? 0) } : look,
  } as const;
  const [chosen] = kept;
  const [row] = base.candidates;
  if (chosen === undefined || row === undefined) {
    const isBudget = out.some((rejection) => rejection.code === 'over-budget');
    const code = isBudget ? 'budget-exhausted' : 'no-eligible-model';
    return { ...base, reasons: [], kind: 'refuse', code, hints: hintsFor(input, out) };
  }
  const reasons = reasonsFor(input, base.candidates, out, pool);
  const pause = choosePause(input, chosen.draft);
  return { ...base, reasons, ...(pause === undefined ? {} : { pause }), ...routeTo(input, row) };
}

/** What chance has drawn goes before the cheapest, where it is still a candidate. */
function drawnFirst({ chance }: DecideInput, kept: readonly Priced[]): readonly Priced[] {
  const drawn = chance?.among[chance.drawn];
  const first = kept.find(({ draft }) => draft.model.id === drawn?.model && draft.mode === drawn.mode);
  return first === undefined ? kept : [first, ...kept.filter((one) => one !== first)];
}

/** What kind of move the chosen candidate is. */
function routeTo({ session, step }: DecideInput, row: CandidateRow): RouteKind {
  const route = { to: row.model, mode: row.mode, ladder: row.ladder };
  const lastTried = step.tried.at(-1);
  if (lastTried !== undefined && (lastTried.model !== row.model || row.effort !== undefined)) {
    return { kind: 'escalate', from: lastTried.model, ...route, trigger: 'check-failed' };
  }
  if (row.model === session.incumbent) return { kind: 'stay', ...route };
  return { kind: 'switch', from: session.incumbent, ...route };
}

function price(draft: DraftCandidate): Priced {
  return { draft, totalNanoUsd: toNanoUsd(presentNanoUsd(draft) + Math.round(draft.future)) };
}

function rowOf(priced: Priced, drafts: readonly DraftCandidate[], winner: Priced | undefined): CandidateRow {
  const { draft, totalNanoUsd } = priced;
  const { cost, ladder } = draft;
  return {
    model: draft.model.id,
    mode: draft.mode,
    ...(draft.effort === undefined ? {} : { effort: draft.effort }),
    tokens: {
      uncached: Math.round(cost.uncached),
      cacheRead: Math.round(cost.cacheRead),
      cacheWrite: Math.round(cost.cacheWrite),
      output: Math.round(cost.output),
    },
    billNanoUsd: roundNanoUsd(draft.bill),
    frontierPenaltyNanoUsd: roundNanoUsd(draft.penalty),
    failureNanoUsd: roundNanoUsd(ladder.failureNanoUsd),
    latencyNanoUsd: roundNanoUsd(draft.latency),
    ...(draft.host === 0 ? {} : { hostNanoUsd: roundNanoUsd(draft.host) }),
    ladderNanoUsd: roundNanoUsd(ladder.spendNanoUsd),
    futureNanoUsd: roundNanoUsd(draft.future),
    totalNanoUsd,
    successRatio: draft.success,
    driftRatio: draft.drift,
    warmTokens: draft.warmTokens,
    ...(draft.isLong ? { writeClass: '1h' as const } : {}),
    ...(draft.isBeaten && winner !== undefined && winner !== priced ? { beatenBy: winner.draft.model.id } : {}),
    ladder: ladder.rungs.map((index) => {
      const rung = drafts[index] ?? draft;
      return { model: rung.model.id, mode: rung.mode };
    }),
  };
}

function byTotal(one: Priced, other: Priced): number {
  return (
    one.totalNanoUsd - other.totalNanoUsd ||
    other.draft.success - one.draft.success ||
    one.draft.groupIndex - other.draft.groupIndex ||
    one.draft.turn - other.draft.turn ||
    one.draft.modelIndex - other.draft.modelIndex ||
    (one.draft.mode < other.draft.mode ? -1 : one.draft.mode > other.draft.mode ? 1 : 0)
  );
}

function byRejection(one: Rejection, other: Rejection): number {
  if (one.model !== other.model) return one.model < other.model ? -1 : 1;
  const [left, right] = [one.mode ?? '', other.mode ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
