import type { Verifier } from '../domain/quality.ts';
import type { Ratio } from '../domain/time.ts';
import { approximateBetaQuantile } from '../stats/approximate-beta-quantile.ts';

/** All checks of a step as one: it rejects when any of them does. */
export interface CombinedCheck {
  /** P(reject | wrong), at the pessimistic end of what is believed. */
  readonly sensitivity: Ratio;
  /** P(reject | right), at the pessimistic end. */
  readonly falseAlarm: Ratio;
  readonly costNanoUsd: number;
}

/**
 * Combines independent checks. `pessimism` is the quantile of the posterior to plan with: sensitivity is taken there,
 * false alarms at its mirror image, because planning with optimistic rates loses money. With `family` the rates at results
 * of that family, where they are known.
 */
export function combineChecks(
  checks: readonly Verifier[],
  pessimism: Ratio,
  family?: string,
): CombinedCheck | undefined {
  if (checks.length === 0) return undefined;
  let missed = 1;
  let silent = 1;
  let costNanoUsd = 0;
  for (const check of checks) {
    const rates = (family === undefined ? undefined : check.byFamily?.[family]) ?? check;
    missed *= 1 - approximateBetaQuantile(rates.sensitivity, pessimism);
    silent *= 1 - approximateBetaQuantile(rates.falseAlarm, 1 - pessimism);
    costNanoUsd += check.costNanoUsd;
  }
  return { sensitivity: 1 - missed, falseAlarm: 1 - silent, costNanoUsd };
}

/** One way to take a step: what it costs and how likely it is right. Amounts in nano-USD. */
export interface LadderRung {
  readonly modelIndex: number;
  readonly spendNanoUsd: number;
  readonly successRatio: Ratio;
  /** P(success) before what a hand-over loses: who is likelier than whom. Absent: `successRatio`. */
  readonly abilityRatio?: Ratio;
  /** Position in the caller's list. */
  readonly index: number;
  /** What the step's checks tell of this rung's results, where it is not what they tell of any. */
  readonly check?: CombinedCheck;
}

/** The best way to go on from a first rung. `spend` and `failure` hold what comes after the first rung's own spend. */
export interface Ladder {
  readonly rungs: readonly number[];
  readonly spendNanoUsd: number;
  /** γ·P(accepted and wrong), over all rungs. */
  readonly failureNanoUsd: number;
}

/**
 * For each rung the best ladder that starts with it: stop there, or check and, when rejected, go on with other models, up
 * to `maxRungs`; each next one is likelier than those before it, as after a real rejection, or any where none is. The last rung's
 * result is taken as it is. Rungs fail independently. Ties keep the shorter ladder and the earlier rung. A rung that another one
 * undercuts and outdoes starts no ladder: whoever would try it first tries the other.
 */
export function bestLadders(
  rungs: readonly LadderRung[],
  options: { readonly check: CombinedCheck | undefined; readonly maxRungs: number; readonly failureNanoUsd: number },
): readonly Ladder[] {
  const { check, maxRungs, failureNanoUsd } = options;
  if (check === undefined || maxRungs < 2 || rungs.length < 2) {
    return rungs.map((rung) => ({
      rungs: [rung.index],
      spendNanoUsd: 0,
      failureNanoUsd: (1 - rung.successRatio) * failureNanoUsd,
    }));
  }
  const leads = bestPerModel(rungs, failureNanoUsd);
  const onFrontier = frontierOf(rungs);
  const rejected = rungs.map((rung) => rejectionRatio(rung, rung.check ?? check));
  const wrong = rungs.map((rung) => (1 - rung.successRatio) * (1 - (rung.check ?? check).sensitivity) * failureNanoUsd);
  return rungs.map((rung, first) => {
    let spend = 0;
    let failure = (1 - rung.successRatio) * failureNanoUsd;
    let total = failure;
    let after: readonly number[] = [];
    if (!onFrontier.has(rung)) return { rungs: [rung.index], spendNanoUsd: spend, failureNanoUsd: failure };
    const share = rejected[first] ?? 0;
    const direct = nextAfter(leads, [rung]);
    if (direct !== undefined) {
      const directSpend = check.costNanoUsd + share * direct.spend;
      const directFailure = (wrong[first] ?? 0) + share * direct.failure;
      if (directSpend + directFailure < total) {
        [spend, failure, total, after] = [directSpend, directFailure, directSpend + directFailure, [direct.index]];
      }
    }
    const middleCount = maxRungs > 2 ? rungs.length : 0;
    const needsLikelier = direct !== undefined && direct.ability > abilityOf(rung);
    for (let second = 0; second < middleCount; second += 1) {
      const middle = rungs[second];
      if (middle === undefined || middle.modelIndex === rung.modelIndex) continue;
      if (needsLikelier && abilityOf(middle) <= abilityOf(rung)) continue;
      const third = nextAfter(leads, [rung, middle]);
      if (third === undefined) continue;
      const again = rejected[second] ?? 0;
      const longSpend = check.costNanoUsd + share * (middle.spendNanoUsd + check.costNanoUsd + again * third.spend);
      const longFailure = (wrong[first] ?? 0) + share * ((wrong[second] ?? 0) + again * third.failure);
      if (longSpend + longFailure < total) {
        [spend, failure, total, after] = [longSpend, longFailure, longSpend + longFailure, [middle.index, third.index]];
      }
    }
    return { rungs: [rung.index, ...after], spendNanoUsd: spend, failureNanoUsd: failure };
  });
}

/** The rungs that no other one beats in price and P(success) at once. */
function frontierOf(rungs: readonly LadderRung[]): ReadonlySet<LadderRung> {
  const frontier = new Set<LadderRung>();
  let best: LadderRung | undefined;
  const byPrice = rungs.toSorted((a, b) => a.spendNanoUsd - b.spendNanoUsd || b.successRatio - a.successRatio);
  for (const rung of byPrice) {
    const isTied = best?.spendNanoUsd === rung.spendNanoUsd && best.successRatio === rung.successRatio;
    if (best !== undefined && rung.successRatio <= best.successRatio && !isTied) continue;
    frontier.add(rung);
    best = rung;
  }
  return frontier;
}

/** P(the check rejects what this rung delivers). */
function rejectionRatio(rung: LadderRung, check: CombinedCheck): Ratio {
  return rung.successRatio * check.falseAlarm + (1 - rung.successRatio) * check.sensitivity;
}

/** A model's cheapest way to be the last rung. */
interface Lead {
  readonly modelIndex: number;
  readonly index: number;
  readonly spend: number;
  readonly failure: number;
  readonly ability: Ratio;
}

function abilityOf({ abilityRatio, successRatio }: LadderRung): Ratio {
  return abilityRatio ?? successRatio;
}

/** The cheapest last rung of each model, cheapest first. */
function bestPerModel(rungs: readonly LadderRung[], failureNanoUsd: number): readonly Lead[] {
  const leads = new Map<number, Lead>();
  for (const rung of rungs) {
    const failure = (1 - rung.successRatio) * failureNanoUsd;
    const lead = leads.get(rung.modelIndex);
    if (lead !== undefined && rung.spendNanoUsd + failure >= lead.spend + lead.failure) continue;
    const { modelIndex, index, spendNanoUsd: spend } = rung;
    leads.set(modelIndex, { modelIndex, index, spend, failure, ability: abilityOf(rung) });
  }
  return [...leads.values()].sort((a, b) => a.spend + a.failure - (b.spend + b.failure) || a.modelIndex - b.modelIndex);
}

/** The cheapest model that is likelier than all that were tried, or where none is, the cheapest that was not. */
function nextAfter(leads: readonly Lead[], tried: readonly LadderRung[]): Lead | undefined {
  const floor = Math.max(...tried.map(abilityOf));
  let other: Lead | undefined;
  for (const lead of leads) {
    if (tried.some((rung) => rung.modelIndex === lead.modelIndex)) continue;
    if (lead.ability > floor) return lead;
    other ??= lead;
  }
  return other;
}
