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
 * to `maxRungs`. The last rung's result is taken as it is. Rungs fail independently. Ties keep the shorter ladder and the
 * earlier rung.
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
  const rejected = rungs.map((rung) => rejectionRatio(rung, rung.check ?? check));
  const wrong = rungs.map((rung) => (1 - rung.successRatio) * (1 - (rung.check ?? check).sensitivity) * failureNanoUsd);
  return rungs.map((rung, first) => {
    let spend = 0;
    let failure = (1 - rung.successRatio) * failureNanoUsd;
    let total = failure;
    let after: readonly number[] = [];
    const share = rejected[first] ?? 0;
    const direct = firstOther(leads, rung.modelIndex, -1);
    if (direct !== undefined) {
      const directSpend = check.costNanoUsd + share * direct.spend;
      const directFailure = (wrong[first] ?? 0) + share * direct.failure;
      if (directSpend + directFailure < total) {
        [spend, failure, total, after] = [directSpend, directFailure, directSpend + directFailure, [direct.index]];
      }
    }
    const middleCount = maxRungs > 2 ? rungs.length : 0;
    for (let second = 0; second < middleCount; second += 1) {
      const middle = rungs[second];
      if (middle === undefined || middle.modelIndex === rung.modelIndex) continue;
      const third = firstOther(leads, rung.modelIndex, middle.modelIndex);
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
}

/** The cheapest last rung of each model, cheapest first; three are enough to leave two models out. */
function bestPerModel(rungs: readonly LadderRung[], failureNanoUsd: number): readonly Lead[] {
  const leads: Lead[] = [];
  for (const rung of rungs) {
    const failure = (1 - rung.successRatio) * failureNanoUsd;
    const total = rung.spendNanoUsd + failure;
    const known = leads.findIndex((lead) => lead.modelIndex === rung.modelIndex);
    const lead = leads[known];
    if (lead !== undefined && total >= lead.spend + lead.failure) continue;
    const better = { modelIndex: rung.modelIndex, index: rung.index, spend: rung.spendNanoUsd, failure };
    if (lead === undefined) leads.push(better);
    else leads[known] = better;
  }
  return leads.sort((a, b) => a.spend + a.failure - (b.spend + b.failure) || a.modelIndex - b.modelIndex).slice(0, 3);
}

function firstOther(leads: readonly Lead[], first: number, second: number): Lead | undefined {
  for (const lead of leads) if (lead.modelIndex !== first && lead.modelIndex !== second) return lead;
  return undefined;
}
