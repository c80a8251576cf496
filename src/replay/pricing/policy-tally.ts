import { roundNanoUsd } from '../../domain/money.ts';
import { intervalOf, ratioInterval, type Bootstrap, type ResampledSum } from '../../stats/poisson-bootstrap.ts';
import { addSums, type Counts } from '../metrics/sums.ts';
import type { PolicyReport } from '../report/replay-report.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import type { ThreadRun } from '../simulation/simulate.ts';
import type { Workload } from '../simulation/workload.ts';

/** What one policy came to, as plain data that adds up. Money in nano-USD, as floats. */
export interface PolicyFigures {
  costNano: number;
  totalNano: number;
  readonly counts: Counts<'calls' | 'modelled' | 'switches' | 'inLoop' | 'under' | 'steps' | 'fresh'>;
  readonly sums: Counts<'failure' | 'failures' | 'prompt' | 'warm'>;
  readonly range: { low: number; high: number };
  readonly callsByModel: Map<string, number>;
}

export function noPolicyFigures(): PolicyFigures {
  return {
    costNano: 0,
    totalNano: 0,
    counts: { calls: 0, modelled: 0, switches: 0, inLoop: 0, under: 0, steps: 0, fresh: 0 },
    sums: { failure: 0, failures: 0, prompt: 0, warm: 0 },
    range: { low: 0, high: 0 },
    callsByModel: new Map(),
  };
}

/** Adds what a policy came to on a thread, and the same path billed under the ends of what is assumed. */
export function addRun(
  figures: PolicyFigures,
  work: Workload,
  run: ThreadRun,
  [lowNano, highNano]: readonly [number, number],
): void {
  const { counts, sums, range, callsByModel } = figures;
  figures.costNano += run.costNano;
  figures.totalNano += run.costNano + run.failureNano;
  counts.calls += work.callCount;
  counts.steps += work.steps.length;
  counts.modelled += work.session.inferred?.includes('cache-reads') === true ? work.callCount : run.modelledCallCount;
  counts.switches += run.switchCount;
  counts.inLoop += run.toolLoopSwitchCount;
  counts.under += run.underServedStepCount;
  counts.fresh += run.fresh.size;
  sums.failure += run.failureNano;
  sums.failures += run.expectedFailureCount;
  sums.prompt += run.promptTokens;
  sums.warm += run.warmTokens;
  range.low += Math.min(lowNano, highNano);
  range.high += Math.max(lowNano, highNano);
  for (const [m, count] of run.callsOf.entries()) {
    const id = work.models[m]?.id ?? '';
    if (count > 0) callsByModel.set(id, (callsByModel.get(id) ?? 0) + count);
  }
}

/** Sums of one policy over all sessions, with the resamples that its intervals come from. */
export class PolicyTally {
  readonly policy: ReplayPolicy;
  readonly cost: ResampledSum;
  readonly total: ResampledSum;
  private readonly figures = noPolicyFigures();

  constructor(policy: ReplayPolicy, bootstrap: Bootstrap) {
    this.policy = policy;
    this.cost = bootstrap.createSum();
    this.total = bootstrap.createSum();
  }

  /** What one session came to. */
  add(session: PolicyFigures): void {
    this.cost.add(session.costNano);
    this.total.add(session.totalNano);
    addSums(this.figures, session);
  }

  report(base: PolicyTally, sessionCount: number, regret: PolicyReport['regret']): PolicyReport {
    const { counts, sums, range, callsByModel } = this.figures;
    return {
      name: this.policy.name,
      summary: this.policy.summary,
      source: this.policy.source,
      label: counts.modelled === 0 ? 'measured' : 'modelled',
      costNanoUsd: roundNanoUsd(this.cost.total),
      costInterval: intervalOf(this.cost, sessionCount),
      costRangeNanoUsd: { low: Math.round(range.low), high: Math.round(range.high) },
      failureNanoUsd: roundNanoUsd(sums.failure),
      expectedFailureCount: sums.failures,
      totalNanoUsd: roundNanoUsd(this.total.total),
      costVsRecordedRatio: change(this.cost.total, base.cost.total),
      costVsRecordedInterval: minusOne(ratioInterval(this.cost, base.cost, sessionCount)),
      totalVsRecordedRatio: change(this.total.total, base.total.total),
      totalVsRecordedInterval: minusOne(ratioInterval(this.total, base.total, sessionCount)),
      switchCount: counts.switches,
      toolLoopSwitchCount: counts.inLoop,
      cacheHitRatio: sums.prompt === 0 ? 0 : sums.warm / sums.prompt,
      modelledCallRatio: counts.calls === 0 ? 0 : counts.modelled / counts.calls,
      underServedStepCount: counts.under,
      freshStepCount: counts.fresh,
      meanSuccessRatio: counts.steps === 0 ? 0 : 1 - sums.failures / counts.steps,
      callsByModel: [...callsByModel]
        .map(([model, callCount]) => ({ model, callCount }))
        .sort((a, b) => b.callCount - a.callCount),
      regret,
    };
  }
}

function change(value: number, base: number): number {
  return base === 0 ? 0 : value / base - 1;
}

function minusOne(interval: { readonly low: number; readonly high: number } | undefined): typeof interval {
  return interval && { low: interval.low - 1, high: interval.high - 1 };
}
