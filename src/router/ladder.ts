import type { Ratio } from '../domain/time.ts';
import type { Verifier } from '../domain/quality.ts';
import { betaQuantile } from './beta-quantile.ts';

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
 * false alarms at its mirror image, because planning with optimistic rates loses money.
 */
export function combineChecks(checks: readonly Verifier[], pessimism: Ratio): CombinedCheck | undefined {
  if (checks.length === 0) return undefined;
  let missed = 1;
  let silent = 1;
  let costNanoUsd = 0;
  for (const check of checks) {
    missed *= 1 - betaQuantile(check.sensitivity, pessimism);
    silent *= 1 - betaQuantile(check.falseAlarm, 1 - pessimism);
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
}

/** The best way to go on from a first rung. `spend` and `failure` hold what comes after the first rung's own spend. */
export interface Ladder {
  readonly rungs: readonly number[];
  readonly spendNanoUsd: number;
  /** γ·P(accepted and wrong), over all rungs. */
  readonly failureNanoUsd: number;
}

interface Tail {
  readonly index: number;
  readonly next: Tail | undefined;
  readonly spend: number;
  readonly failure: number;
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
  const lasts = rungs.map((rung): Tail => {
    const failure = (1 - rung.successRatio) * failureNanoUsd;
    return { index: rung.index, next: undefined, spend: rung.spendNanoUsd, failure };
  });
  const leads = bestPerModel(rungs, lasts);
  return rungs.map((rung, at) => {
    const alone = lasts[at]?.failure ?? 0;
    let best: Ladder = { rungs: [rung.index], spendNanoUsd: 0, failureNanoUsd: alone };
    const step = afterRejection(rung, check, failureNanoUsd);
    const consider = (tail: Tail): void => {
      const spend = check.costNanoUsd + step.rejected * tail.spend;
      const failure = step.wrong + step.rejected * tail.failure;
      if (spend + failure < best.spendNanoUsd + best.failureNanoUsd) {
        const after = tail.next === undefined ? [tail.index] : [tail.index, tail.next.index];
        best = { rungs: [rung.index, ...after], spendNanoUsd: spend, failureNanoUsd: failure };
      }
    };
    const direct = firstOther(leads, rung.modelIndex, -1);
    if (direct !== undefined) consider(direct);
    if (maxRungs > 2) {
      for (const second of rungs) {
        if (second.modelIndex === rung.modelIndex) continue;
        const third = firstOther(leads, rung.modelIndex, second.modelIndex);
        if (third === undefined) continue;
        const middle = afterRejection(second, check, failureNanoUsd);
        consider({
          index: second.index,
          next: third,
          spend: second.spendNanoUsd + check.costNanoUsd + middle.rejected * third.spend,
          failure: middle.wrong + middle.rejected * third.failure,
        });
      }
    }
    return best;
  });
}

/** P(rejected), and γ·P(accepted and wrong), of one checked rung. */
function afterRejection(
  rung: LadderRung,
  check: CombinedCheck,
  failureNanoUsd: number,
): { readonly rejected: Ratio; readonly wrong: number } {
  const bad = 1 - rung.successRatio;
  return {
    rejected: rung.successRatio * check.falseAlarm + bad * check.sensitivity,
    wrong: bad * (1 - check.sensitivity) * failureNanoUsd,
  };
}

interface Lead extends Tail {
  readonly modelIndex: number;
}

/** The cheapest last rung of each model, cheapest first; three are enough to leave two models out. */
function bestPerModel(rungs: readonly LadderRung[], lasts: readonly Tail[]): readonly Lead[] {
  const leads = new Map<number, Lead>();
  for (const [at, rung] of rungs.entries()) {
    const tail = lasts[at];
    if (tail === undefined) continue;
    const known = leads.get(rung.modelIndex);
    if (known === undefined || tail.spend + tail.failure < known.spend + known.failure) {
      leads.set(rung.modelIndex, { ...tail, modelIndex: rung.modelIndex });
    }
  }
  return [...leads.values()]
    .sort((a, b) => a.spend + a.failure - (b.spend + b.failure) || a.modelIndex - b.modelIndex)
    .slice(0, 3);
}

function firstOther(leads: readonly Lead[], first: number, second: number): Tail | undefined {
  return leads.find((lead) => lead.modelIndex !== first && lead.modelIndex !== second);
}
