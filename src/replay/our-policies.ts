import { usd } from './report/amounts.ts';
import type { PolicyReport, ReplayReport } from './report/replay-report.ts';

/** Policies named `…/dial-N` are the same policy with the dial at N. */
export function dialOf(policy: { readonly name: string }): number | undefined {
  const found = /\/dial-(\d+)$/u.exec(policy.name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** What tables show: every policy but the notches of a dial, which are drawn as a curve. */
export function listedPolicies(report: Pick<ReplayReport, 'policies'>): readonly PolicyReport[] {
  return report.policies.filter((policy) => dialOf(policy) === undefined);
}

/**
 * Ours with the smallest bill and failures together; `undefined` when none of ours was asked for. Runs that start steps from
 * fresh contexts are left out: what those would hold is assumed, and no headline may stand on it.
 */
export function bestOfOurs(report: Pick<ReplayReport, 'policies'>): PolicyReport | undefined {
  return listedPolicies(report)
    .filter((policy) => policy.source === 'pointsman' && policy.freshStepCount === 0)
    .sort((a, b) => a.totalNanoUsd - b.totalNanoUsd)[0];
}

/** False where no call has both a usage and a price: then there is nothing to compare. */
export function hasPricedCalls({ recorded }: Pick<ReplayReport, 'recorded'>): boolean {
  const unpriced = recorded.unpriced.reduce((sum, row) => sum + row.callCount, recorded.callsWithoutUsageCount);
  return recorded.callCount > unpriced;
}

/** The one model that would have been the best for everything, seen afterwards; a router has to be held against it. */
export function bestSingleModel(
  report: Pick<ReplayReport, 'policies' | 'optimum'>,
): { readonly model: string; readonly totalNanoUsd: number } | undefined {
  const model = report.optimum?.bestFixedModel;
  const [base] = report.policies;
  const regret = base?.regret.vsBestFixedNanoUsd;
  if (model === undefined || base === undefined || regret === undefined) return undefined;
  return { model, totalNanoUsd: base.totalNanoUsd - regret };
}

/** How much of the optimum is proved: nothing to add where the search was exact, else how far it may be too high, where that is known. */
export function optimumName({ optimum }: Pick<ReplayReport, 'optimum'>): string {
  if (optimum === undefined) return 'optimum';
  if (optimum.freshThreadCount > 0) return 'optimum, best known';
  if (optimum.beamThreadCount === 0) return 'optimum';
  const gap = 1 - optimum.boundNanoUsd / Math.max(1, optimum.totalNanoUsd);
  return `optimum, within ${Math.max(0.1, Math.ceil(gap * 1000) / 10)} %`;
}

/** γ per kind as a sentence: what a piece of work that fails is taken to cost. */
export function gammaSentence({ failureNanoUsd }: Pick<ReplayReport, 'failureNanoUsd'>): string {
  const byPrice = Object.entries(failureNanoUsd).sort(([, one], [, other]) => other - one);
  const prices = byPrice.map(([kind, price]) => `${kind} ${usd(price)}`).join(', ');
  return `γ is what a piece of work that fails costs you, mending included (${prices}), the dial as it is measured on the pool counted in; a recorded step is the share of one that its calls are. "failures γ" is that times the failures predicted; the smallest "bill + γ" is the best.`;
}

/** Steps that are predicted to succeed: failures over their share of all steps, less themselves. */
export function successCount({ expectedFailureCount, meanSuccessRatio }: PolicyReport): number {
  return meanSuccessRatio >= 1 ? 0 : (expectedFailureCount * meanSuccessRatio) / (1 - meanSuccessRatio);
}
