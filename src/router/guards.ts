import { peakFactorAt } from '../catalog/bill.ts';
import type { DecideInput, Rejection } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import { formatUsd, roundNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import type { DraftCandidate } from './candidates.ts';
import { ratesFor, ratesOf } from './model-rates.ts';
import { mediaIn, priceStep, shapeOf, transcriptAfter } from './step-cost.ts';

/** A draft with its final amounts, whole nano-dollars. */
export interface Priced {
  readonly draft: DraftCandidate;
  readonly totalNanoUsd: NanoUsd;
}

/** A model counts as abler from this much more P(success). */
const ABILITY_MARGIN: Ratio = 0.01;

export interface Guarded {
  readonly kept: readonly Priced[];
  readonly rejected: readonly Rejection[];
}

/**
 * Keeps a step in its family unless leaving it gains at least the policy's margin. Candidates that lose anyway stay in
 * the table; only those that would have won by too little are taken out.
 */
export function guardFamilyMargin(input: DecideInput, priced: readonly Priced[], family: string | undefined): Guarded {
  const margin = input.policy.familyMarginNanoUsd;
  if (margin <= 0 || family === undefined) return { kept: priced, rejected: [] };
  let stay: number | undefined;
  for (const one of priced) {
    if (one.draft.model.family === family && (stay === undefined || one.totalNanoUsd < stay)) stay = one.totalNanoUsd;
  }
  if (stay === undefined) return { kept: priced, rejected: [] };
  const floor = stay;
  const isShort = (one: Priced): boolean =>
    one.draft.model.family !== family && one.totalNanoUsd < floor && one.totalNanoUsd > floor - margin;
  return {
    kept: priced.filter((one) => !isShort(one)),
    rejected: priced.filter(isShort).map((one) => ({
      model: one.draft.model.id,
      mode: one.draft.mode,
      code: 'family-margin',
      why:
        `It would gain ${formatUsd(roundNanoUsd(floor - one.totalNanoUsd))} over the ${family} family, ` +
        `less than the margin of ${formatUsd(margin)}.`,
    })),
  };
}

/**
 * Never lets the session bill more than `maxOverheadRatio` above never switching, whatever comes next. The model that
 * never switching would use may always continue. Any other choice must leave enough room to return to it:
 *
 *   spent + bill + catch-up ≤ (1 + ratio) · (never-switch bill so far + its cost of this step, warm).
 *
 * The catch-up is what that model must write of the transcript that it does not hold. By induction the bound holds after
 * every step: returning costs at most what was set aside, plus one rewrite if a pause outlasted that model's cache
 * meanwhile; until the session has earned such a rewrite back, nothing else is let through. With `strictOverhead` the
 * whole rewrite is set aside before every switch, and the bound holds for any pauses. If no candidate is left the guard
 * gives way, because a refused step would break the session.
 */
export function guardOverhead(input: DecideInput, priced: readonly Priced[], pool: readonly Model[]): Guarded {
  const rule = overheadRule(
    input,
    priced.map((one) => one.draft),
    pool,
  );
  const kept = rule === undefined ? priced : priced.filter((one) => rule.over(one.draft) <= 0);
  if (rule === undefined || kept.length === 0) return { kept: priced, rejected: [] };
  const percent = Math.round((input.policy.maxOverheadRatio ?? 0) * 100);
  return {
    kept,
    rejected: priced
      .filter((one) => rule.over(one.draft) > 0)
      .map((one) => ({
        model: one.draft.model.id,
        mode: one.draft.mode,
        code: 'overhead-guard',
        why:
          `With the way back to ${rule.stay.id} it could bill ${formatUsd(roundNanoUsd(rule.over(one.draft)))} more than ` +
          `${percent} % above never switching.`,
      })),
  };
}

export interface OverheadRule {
  /** What never switching would stay on. */
  readonly stay: Model;
  /** By how much a choice, and the way back from it, could go over the bound: above 0 it may not be taken. */
  readonly over: (draft: DraftCandidate) => number;
}

/** The bound on switching, where the policy sets one and staying is among these candidates. */
export function overheadRule(
  input: DecideInput,
  drafts: readonly DraftCandidate[],
  pool: readonly Model[],
): OverheadRule | undefined {
  const { policy, session } = input;
  const stayId = session.neverSwitchModel ?? session.incumbent;
  const stay = pool.find((model) => model.id === stayId);
  if (policy.maxOverheadRatio === undefined || stay === undefined || input.override !== undefined) return undefined;
  const staying = drafts.filter((draft) => draft.model === stay).map((draft) => draft.success);
  if (staying.length === 0) return undefined;
  const ability = Math.max(...staying) + ABILITY_MARGIN;
  const bound = (1 + policy.maxOverheadRatio) * (session.neverSwitchNanoUsd + cheapestStay(input, stay));
  return {
    stay,
    over: (draft) => {
      if (draft.model === stay && draft.mode === 'continue') return 0;
      if (draft.success > ability) return 0;
      return session.spentNanoUsd + draft.bill + catchUpAfter(input, draft, stay) - bound;
    },
  };
}

/** The least that this step can cost when one never switched: wholly warm, except at the very start. */
export function cheapestStay(input: DecideInput, stay: Model): number {
  const media = mediaIn(input.session, stay);
  const shape = shapeOf(stay, input.step.size, 'continue', input.session.transcriptTokens, media);
  const isFirst = input.session.neverSwitchNanoUsd === 0;
  const warmTokens = isFirst ? 0 : input.session.transcriptTokens * stay.tokenRatio + media;
  const cost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  priceStep(ratesOf(stay), shape, { warmTokens, hitRatio: 1, insideHitRatio: 1 }, cost);
  return cost.nanoUsd * peakFactorAt(stay.prices, input.now);
}

/** What returning to `stay` after this choice costs beyond a warm call. */
function catchUpAfter(input: DecideInput, draft: DraftCandidate, stay: Model): number {
  const { step, session, policy } = input;
  const after =
    transcriptAfter(draft.model, step.size, draft.mode, session.transcriptTokens) * stay.tokenRatio +
    mediaIn(session, stay);
  const row = policy.strictOverhead === true ? undefined : input.warmth.find((one) => one.model === stay.id);
  const held = row === undefined ? 0 : Math.min(after, row.warmTokens);
  const rates = ratesFor(ratesOf(stay), after);
  return (after - held) * Math.max(0, rates.write - rates.read);
}
